import Foundation
import Glibc
import Platform
import Testing

@Suite("Notifying systemd")
struct SystemdNotifierTests {
  @Test("each message is one datagram, by path and by abstract name", arguments: [false, true])
  func messages(isAbstract: Bool) throws {
    let name = (isAbstract ? "@" : "") + NSTemporaryDirectory() + "notify-\(UUID().uuidString)"
    let receiver = try Receiver(name)
    let notifier = SystemdNotifier(environment: { $0 == "NOTIFY_SOCKET" ? name : nil })
    #expect(notifier.isActive)
    #expect(notifier.ready(status: "42 samples"))
    #expect(notifier.status("one\nWATCHDOG=1"))
    #expect(notifier.reloading(now: MonotonicTime(nanoseconds: 5_000_999)))
    #expect(notifier.watchdog())
    #expect(notifier.stopping(status: "bye"))
    #expect(
      receiver.take(5) == [
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
    "addresses that can't be are no addresses",
    arguments: ["", "@", "/", "relative", "vsock:2:1", "/" + String(repeating: "x", count: 107)])
  func badAddresses(name: String) {
    #expect(!SystemdNotifier(environment: { $0 == "NOTIFY_SOCKET" ? name : nil }).isActive)
  }

  @Test("the longest address is one")
  func longestAddress() {
    let name = "/" + String(repeating: "x", count: 106)
    #expect(SystemdNotifier(environment: { $0 == "NOTIFY_SOCKET" ? name : nil }).isActive)
  }

  @Test("a receiver that is gone is answered with false")
  func gone() {
    let notifier = SystemdNotifier(environment: { $0 == "NOTIFY_SOCKET" ? "/nowhere/notify" : nil })
    #expect(!notifier.watchdog())
  }

  @Test(
    "the watchdog is ours where it names this process or none",
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

/// The other end: what systemd is.
private final class Receiver {
  private let descriptor: Int32
  private let path: String?

  init(_ name: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    path = name.hasPrefix("@") ? nil : name
    var bytes = Array(name.utf8)
    if name.hasPrefix("@") { bytes[0] = 0 } else { bytes.append(0) }
    let address = withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) } + bytes
    let bound = address.withUnsafeBytes { raw in
      bind(descriptor, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
    }
    try #require(bound == 0)
  }

  deinit {
    close(descriptor)
    if let path { unlink(path) }
  }

  func take(_ count: Int) -> [String] {
    (0..<count).map { _ in
      var bytes = [UInt8](repeating: 0, count: 4096)
      let size = recv(descriptor, &bytes, bytes.count, 0)
      return String(decoding: bytes.prefix(max(0, size)), as: UTF8.self)
    }
  }
}
