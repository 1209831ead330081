import Glibc
import Synchronization

/// Places for commands that run at once, so that many receivers don't start many programs together.
public final class CommandSlots: Sendable {
  /// How long to wait until looking again, in milliseconds. Nothing tells that a place is free.
  private static let pause: Int32 = 100

  private let free: Mutex<Int>

  /// Places for `count` commands.
  public init(_ count: Int = 8) { free = Mutex(count) }

  /// Waits for a free place and takes it. Returns false if `stop` says so meanwhile.
  func take(unless stop: StopSignal) -> Bool {
    while !stop.isStopped {
      let isTaken = free.withLock { free in
        if free > 0 { free -= 1 } else { return false }
        return true
      }
      if isTaken { return true }
      var bell = pollfd(fd: stop.fileDescriptor, events: Int16(POLLIN), revents: 0)
      poll(&bell, 1, Self.pause)
    }
    return false
  }

  /// Gives a place back.
  func give() { free.withLock { $0 += 1 } }
}
