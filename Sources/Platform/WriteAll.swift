import Glibc

/// Writes all of `bytes` to a descriptor, in as many steps as that takes; `bytes` becomes what is left of them.
///
/// - Returns: why something is left, as it stands in write(2), such as EPIPE where nobody reads any more, and EAGAIN where
///   it would have to wait.
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
