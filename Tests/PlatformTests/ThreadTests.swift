import Foundation
import Glibc
import Platform
import Synchronization
import Testing

@Suite("Threads")
struct ThreadTests {
  @Test("a thread has its name, cut to the kernel's 15 bytes")
  func name() throws {
    let seen = Seen()
    try startThread(name: "a-name-that-is-too-long") {
      let comm = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
      seen.name.withLock { $0 = comm }
    }.join()
    #expect(seen.name.withLock { $0 } == "a-name-that-is-\n")
  }

  @Test("join with a deadline says whether the thread has ended, and can be asked again")
  func joinUntil() throws {
    let goOn = try Wakeup()
    let thread = try startThread(name: "waiter") { goOn.wait(until: nil) }
    #expect(!thread.join(until: SystemTime().monotonic))
    #expect(runningThreads > 0)
    goOn.ring()
    #expect(thread.join(until: nil))
    #expect(thread.join(until: SystemTime().monotonic))
    thread.join()
  }

  @Test("objects that a thread holds are released once it is joined")
  func releases() throws {
    let seen = Seen()
    weak var held: Held?
    do {
      let object = Held()
      held = object
      try startThread(name: "holder") { seen.number.store(object.number, ordering: .relaxed) }.join()
    }
    #expect(held == nil)
    #expect(seen.number.load(ordering: .relaxed) == 7)
  }

  @Test("a stack below the system's minimum is refused, and doesn't crash")
  func tooSmall() {
    #expect(throws: SystemError(call: "pthread_attr_setstacksize", code: EINVAL)) {
      _ = try startThread(name: "small", stackSize: 1) {}
    }
  }

  @Test("a system error names the call and the reason")
  func systemError() {
    #expect(SystemError(call: "eventfd", code: EMFILE).description == "eventfd: Too many open files")
    #expect(SystemError.text(of: 99_999) == "error 99999")
  }
}

private final class Seen: Sendable {
  let name = Mutex<String?>(nil)
  let number = Atomic<Int>(0)
}

private final class Held: Sendable {
  let number = 7
}
