import Glibc
import Platform

/// Writes all of `text` to standard output; false where that is closed or full.
@discardableResult
func printOut(_ text: String) -> Bool { write(text, to: STDOUT_FILENO) }

/// Writes all of `text` to standard error, as far as that takes it.
func printError(_ text: String) { _ = write(text, to: STDERR_FILENO) }

private func write(_ text: String, to descriptor: Int32) -> Bool {
  var text = text
  return text.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: descriptor) }
}
