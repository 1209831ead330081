import Glibc
import Platform

/// Standard output can't be written, although its reader isn't gone: the disk is full, or it was closed from the start.
/// Every command reports this and ends with status 74.
public struct OutputError: Error, CustomStringConvertible {
  /// The system's error.
  public let reason: SystemError

  init(reason: SystemError) { self.reason = reason }

  /// The problem, for people.
  public var description: String { "standard output can't be written: \(SystemError.text(of: reason.code))" }
}

/// Writes all of `text` to standard output. A reader that is gone is no failure, because nobody wants the text.
public func printOut(_ text: String) throws(OutputError) {
  if let failure = write(text, to: STDOUT_FILENO), failure.code != EPIPE { throw OutputError(reason: failure) }
}

/// Writes `text` to standard error, and ignores failures.
public func printError(_ text: String) { _ = write(text, to: STDERR_FILENO) }

private func write(_ text: String, to descriptor: Int32) -> SystemError? {
  var text = text
  return text.withUTF8 { bytes in
    var rest = UnsafeRawBufferPointer(bytes)
    while let failure = writeAll(&rest, to: descriptor) {
      guard failure.code == EAGAIN else { return failure }
      // Another process that shares the terminal has set it to non-blocking.
      var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      _ = poll(&polled, 1, -1)
    }
    return nil
  }
}

extension Signals {
  /// The signals of a command that shows records. The command also stops when standard output loses its reader.
  ///
  /// - Throws: `OutputError` if standard output isn't open for writing; `SystemError` if no descriptor is left.
  public static func forShowing() throws -> Signals {
    guard StandardDescriptors.takesWrites(STDOUT_FILENO) else {
      throw OutputError(reason: SystemError(call: "write", code: EBADF))
    }
    return try Signals(stoppingWithoutReaderOf: STDOUT_FILENO)
  }
}
