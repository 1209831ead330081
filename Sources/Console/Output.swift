import Glibc
import Platform

/// Standard output takes nothing more, although somebody may want it: a full disk, or it was closed from the start. Ends
/// every command with status 74, once it is said.
public struct OutputError: Error, CustomStringConvertible {
  /// What the system says.
  public let reason: SystemError

  init(reason: SystemError) { self.reason = reason }

  /// For people: what is wrong.
  public var description: String { "standard output can't be written: \(SystemError.text(of: reason.code))" }
}

/// Writes all of `text` to standard output. A reader that has gone doesn't want it: that is no failure.
public func printOut(_ text: String) throws(OutputError) {
  if let failure = write(text, to: STDOUT_FILENO), failure.code != EPIPE { throw OutputError(reason: failure) }
}

/// Writes all of `text` to standard error, as far as that takes it.
public func printError(_ text: String) { _ = write(text, to: STDERR_FILENO) }

private func write(_ text: String, to descriptor: Int32) -> SystemError? {
  var text = text
  return text.withUTF8 { bytes in
    var rest = UnsafeRawBufferPointer(bytes)
    while let failure = writeAll(&rest, to: descriptor) {
      guard failure.code == EAGAIN else { return failure }
      // Another process that shares the terminal has made it non-blocking.
      var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      _ = poll(&polled, 1, -1)
    }
    return nil
  }
}

extension Signals {
  /// The signals of a command that shows records: it also ends when standard output loses its reader.
  ///
  /// - Throws: `OutputError` where nothing could ever be shown, and where no descriptor is left.
  public static func forShowing() throws -> Signals {
    guard StandardDescriptors.takesWrites(STDOUT_FILENO) else {
      throw OutputError(reason: SystemError(call: "write", code: EBADF))
    }
    return try Signals(stoppingWithoutReaderOf: STDOUT_FILENO)
  }
}
