import Glibc
import Platform
import TestSupport
import Testing

@Suite("Signals")
struct SignalsTests {
  @Test("signals arrive as events, one after the other")
  func events() throws {
    try onOwnThread {
      let signals = try Signals()
      let wakeup = try Wakeup()
      pthread_kill(pthread_self(), SIGHUP)
      #expect(signals.wait(or: wakeup, until: nil) == .reload)
      pthread_kill(pthread_self(), SIGTERM)
      #expect(signals.wait(or: wakeup, until: nil) == .stop)
      pthread_kill(pthread_self(), SIGINT)
      #expect(signals.wait(or: wakeup, until: nil) == .stop)
      #expect(signals.take() == nil)
    }
  }

  @Test("a wake-up and a deadline end the wait without an event")
  func otherEnds() throws {
    try onOwnThread {
      let signals = try Signals()
      let wakeup = try Wakeup()
      wakeup.ring()
      #expect(signals.wait(or: wakeup, until: nil) == nil)
      #expect(!wakeup.drain())
      #expect(signals.wait(or: wakeup, until: SystemTime().monotonic) == nil)
    }
  }

  @Test(
    "a stop comes when the output loses its reader, which a file never does",
    arguments: [Output.pipe, .socket, .file, .null])
  func reader(_ output: Output) throws {
    try onOwnThread {
      let (written, read) = try output.open()
      defer { close(written) }
      let signals = try Signals(stoppingWithoutReaderOf: written)
      let wakeup = try Wakeup()
      wakeup.ring()
      #expect(signals.wait(or: wakeup, until: nil) == nil)
      #expect(signals.take() == nil)
      #expect(!signals.isUnread)
      guard let read else { return }
      close(read)
      #expect(signals.wait(or: wakeup, until: nil) == .stop)
      #expect(signals.take() == .stop)
      #expect(signals.isUnread)
      #expect(!signals.wait(or: wakeup, orInput: wakeup.fileDescriptor))
    }
  }
}

/// The kinds of standard output that a command may have.
enum Output: Sendable {
  case pipe
  case socket
  case file
  case null

  /// The descriptor to write to, and the one to read from, if there is one.
  func open() throws -> (written: Int32, read: Int32?) {
    var ends: [Int32] = [-1, -1]
    switch self {
    case .pipe:
      try #require(Glibc.pipe(&ends) == 0)
      return (ends[1], ends[0])
    case .socket:
      try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
      return (ends[1], ends[0])
    case .file:
      var name = Array("/tmp/statusd-test-XXXXXX".utf8CString)
      let descriptor = mkstemp(&name)
      try #require(descriptor >= 0)
      unlink(name)
      return (descriptor, nil)
    case .null:
      return (Glibc.open("/dev/null", O_WRONLY), nil)
    }
  }
}
