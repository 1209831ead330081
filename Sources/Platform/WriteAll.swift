import Glibc

/// Writes all of `bytes` to a descriptor, with as many calls of write(2) as needed. `bytes` becomes the unwritten rest.
///
/// - Returns: nil if everything was written, else the errno of write(2): EPIPE if the reader is gone, EAGAIN if it would
///   block.
public func writeAll(_ bytes: inout UnsafeRawBufferPointer, to descriptor: Int32) -> SystemError? {
  while !bytes.isEmpty {
    let count = write(descriptor, bytes.baseAddress, bytes.count)
    if count > 0 {
      bytes = UnsafeRawBufferPointer(rebasing: bytes[count...])
    } else if count == 0 || errno != EINTR {
      return SystemError(call: "write", code: count == 0 ? ENOSPC : errno)
    }
  }
  return nil
}
