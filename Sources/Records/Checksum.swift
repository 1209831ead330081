internal import Czlib

/// The checksum at the end of changelog records: CRC-32 as computed by zlib's `crc32`.
enum Checksum {
  /// The checksum of a key followed by a value.
  static func of(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(truncatingIfNeeded: add(value, to: add(key, to: crc32_z(0, nil, 0))))
  }

  private static func add(_ bytes: UnsafeRawBufferPointer, to sum: UInt) -> UInt {
    // With a null pointer crc32_z would return its initial value.
    guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return sum }
    return crc32_z(sum, start, bytes.count)
  }
}
