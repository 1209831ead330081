import Glibc
import Platform

/// Standard output can't be written, for another reason than a gone reader: a full disk, or it was closed from the
/// start. It is reported, and ends every command with status 74.
struct OutputError: Error, CustomStringConvertible {
  let reason: SystemError

  /// The message for people.
  var description: String { "standard output can't be written: \(SystemError.text(of: reason.code))" }
}

/// Writes all of `text` to standard output. A reader that has gone is no failure.
func printOut(_ text: String) throws(OutputError) {
  if let failure = write(text, to: STDOUT_FILENO), failure.code != EPIPE { throw OutputError(reason: failure) }
}

/// Writes `text` to standard error; a failure is ignored.
func printError(_ text: String) { _ = write(text, to: STDERR_FILENO) }

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
  /// - Throws: `OutputError` if standard output can't be written; an error if no descriptor is left.
  static func forShowing() throws -> Signals {
    guard StandardDescriptors.takesWrites(STDOUT_FILENO) else {
      throw OutputError(reason: SystemError(call: "write", code: EBADF))
    }
    return try Signals(stoppingWithoutReaderOf: STDOUT_FILENO)
  }
}
