@testable import Records

/// A changelog value with the checksum that statusd had before zlib's.
func sealedAsBefore(_ bytes: [UInt8], for key: [UInt8]) -> [UInt8] {
  var writer = BinaryWriter()
  writer.raw(bytes)
  writer.fixed(bytes.withUnsafeBytes { value in key.withUnsafeBytes { Hash.seal(of: value, for: $0) } })
  return writer.bytes
}
