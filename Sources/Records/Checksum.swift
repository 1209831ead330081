internal import Czlib

/// The checksum that records of the changelog end with: CRC-32 as zlib's `crc32` reckons it.
enum Checksum {
  /// Of a key and the value behind it.
  static func of(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(truncatingIfNeeded: add(value, to: add(key, to: crc32_z(0, nil, 0))))
  }

  private static func add(_ bytes: UnsafeRawBufferPointer, to sum: UInt) -> UInt {
    // Of no bytes at no address zlib would make its first value.
    guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return sum }
    return crc32_z(sum, start, bytes.count)
  }
}
