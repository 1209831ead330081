import Glibc

/// Writes all of `bytes` to a descriptor, in as many steps as that takes; false where it is closed or full, or would not
/// take them without blocking.
@discardableResult
public func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
  var written = 0
  while written < bytes.count {
    let count = write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
    if count > 0 {
      written += count
    } else if count == 0 || errno != EINTR {
      return false
    }
  }
  return true
}
