import Foundation
import Glibc
import Platform
import TestSupport
import Testing

@Suite("Notifying systemd")
struct SystemdNotifierTests {
  @Test("each message is one datagram, by path and by abstract name", arguments: [false, true])
  func messages(isAbstract: Bool) throws {
    let name = (isAbstract ? "@" : "") + NSTemporaryDirectory() + "notify-\(UUID().uuidString)"
    let receiver = try NotifySocket(name)
    let notifier = SystemdNotifier(environment: { $0 == "NOTIFY_SOCKET" ? name : nil })
    #expect(notifier.isActive)
    #expect(notifier.ready(status: "42 samples"))
    #expect(notifier.status("one\nWATCHDOG=1"))
    #expect(notifier.reloading(now: MonotonicTime(nanoseconds: 5_000_999)))
    #expect(notifier.watchdog())
    #expect(notifier.stopping(status: "bye"))
    #expect(
      (0..<5).map { _ in receiver.receive() } == [
        "READY=1\nSTATUS=42 samples", "STATUS=one WATCHDOG=1", "RELOADING=1\nMONOTONIC_USEC=5000", "WATCHDOG=1",
        "STOPPING=1\nSTATUS=bye",
      ])
  }

  @Test("without a socket nothing is sent, and nothing fails")
  func inactive() {
    let notifier = SystemdNotifier(environment: { _ in nil })
    #expect(!notifier.isActive)
    #expect(notifier.watchdog())
    #expect(notifier.watchdogInterval == nil)
  }

  @Test(
    "invalid addresses are ignored",
    arguments: ["", "@", "/", "relative", "vsock:2:1", "/" + String(repeating: "x", count: 107)])
  func badAddresses(name: String) {
    #expect(!SystemdNotifier(environment: { $0 == "NOTIFY_SOCKET" ? name : nil }).isActive)
  }

  @Test("the longest possible address works")
  func longestAddress() {
    let name = "/" + String(repeating: "x", count: 106)
    #expect(SystemdNotifier(environment: { $0 == "NOTIFY_SOCKET" ? name : nil }).isActive)
  }

  @Test("a send to a receiver that is gone returns false")
  func gone() {
    let notifier = SystemdNotifier(environment: { $0 == "NOTIFY_SOCKET" ? "/nowhere/notify" : nil })
    #expect(!notifier.watchdog())
  }

  @Test(
    "the watchdog is used if it names this process or none",
    arguments: [
      (["WATCHDOG_USEC": "2000000"], 2), (["WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "77"], 2),
      (["WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "78"], nil), (["WATCHDOG_USEC": "0"], nil),
      (["WATCHDOG_USEC": "soon"], nil), ([:], nil),
    ] as [([String: String], Int?)])
  func watchdog(environment: [String: String], seconds: Int?) {
    let notifier = SystemdNotifier(environment: { environment[$0] }, process: 77)
    #expect(notifier.watchdogInterval == seconds.map { .seconds($0) })
  }
}
