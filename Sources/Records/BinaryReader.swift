/// Reads what a `BinaryWriter` wrote, and trusts none of it: any bytes lead to a value or a `ChangelogProblem`.
///
/// Doesn't copy the bytes, which must outlive it.
public struct BinaryReader {
  private let bytes: UnsafeRawBufferPointer
  private var place = 0

  /// A reader that starts at the first byte of `bytes`.
  public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Checks the checksum at the end against the content and `key`, and the first byte, which must be at most `version`.
  /// Returns that byte and a reader for the content after it.
  ///
  /// - Parameter checksumSince: the first version with the zlib checksum; lower versions have statusd's own.
  public static func sealed(
    _ bytes: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer, version: UInt8, checksumSince: UInt8
  ) throws(ChangelogProblem) -> (version: UInt8, reader: BinaryReader) {
    guard let first = bytes.first else { throw .length }
    // A newer version may have another checksum.
    if first > version { throw .newer(version: first) }
    guard bytes.count >= 5 else { throw .length }
    let content = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)])
    var end = BinaryReader(UnsafeRawBufferPointer(rebasing: bytes[(bytes.count - 4)...]))
    let seal: UInt32 = try end.fixed()
    let expected = first >= checksumSince ? Checksum.of(key, content) : Hash.seal(of: content, for: key)
    guard seal == expected else { throw .seal }
    var reader = BinaryReader(content)
    _ = try reader.byte()
    if first == 0 { throw .impossible("version") }
    return (first, reader)
  }

  /// The number of bytes left.
  public var left: Int { bytes.count - place }

  /// Throws `.length` if bytes are left.
  public func end() throws(ChangelogProblem) {
    if left != 0 { throw .length }
  }

  /// One byte.
  public mutating func byte() throws(ChangelogProblem) -> UInt8 {
    guard place < bytes.count else { throw .length }
    defer { place += 1 }
    return bytes[place]
  }

  /// A number of at most ten bytes, seven bits each (LEB128).
  public mutating func unsigned() throws(ChangelogProblem) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let next = try byte()
      let part = UInt64(next & 0x7F)
      if shift == 63, part > 1 { throw .impossible("number") }
      value |= part << shift
      if next & 0x80 == 0 { return value }
      shift += 7
      if shift > 63 { throw .impossible("number") }
    }
  }

  /// A signed number (zigzag).
  public mutating func signed() throws(ChangelogProblem) -> Int64 {
    let value = try unsigned()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// A number that fits in 32 bits; `field` is its name for the error.
  public mutating func number32(_ field: String) throws(ChangelogProblem) -> UInt32 {
    guard let value = UInt32(exactly: try unsigned()) else { throw .impossible(field) }
    return value
  }

  /// The number of elements that follow, each of at least `size` bytes. It never exceeds what the remaining bytes can
  /// hold.
  public mutating func count(ofSize size: Int = 1) throws(ChangelogProblem) -> Int {
    guard let value = Int(exactly: try unsigned()), value <= left / max(1, size) else { throw .length }
    return value
  }

  /// Eight bytes, lowest first.
  public mutating func fixed() throws(ChangelogProblem) -> UInt64 {
    let bytes = try raw(8)
    return UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
  }

  /// Four bytes, lowest first.
  public mutating func fixed() throws(ChangelogProblem) -> UInt32 {
    let bytes = try raw(4)
    return UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
  }

  /// A double, including values that aren't finite.
  public mutating func double() throws(ChangelogProblem) -> Double { Double(bitPattern: try fixed()) }

  /// `count` bytes, not copied.
  public mutating func raw(_ count: Int) throws(ChangelogProblem) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= left else { throw .length }
    defer { place += count }
    return UnsafeRawBufferPointer(rebasing: bytes[place..<(place + count)])
  }

  /// A length and that many bytes, not copied.
  public mutating func blob() throws(ChangelogProblem) -> UnsafeRawBufferPointer { try raw(try count()) }

  /// A length and a text of that many bytes; `field` is its name for the error if it isn't UTF-8.
  public mutating func text(_ field: String) throws(ChangelogProblem) -> String {
    let bytes = try blob()
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .impossible(field) }
    return text
  }

  /// A number and that many texts; `field` is their name for the error if one isn't UTF-8.
  public mutating func texts(_ field: String) throws(ChangelogProblem) -> [String] {
    var values: [String] = []
    for _ in 0..<(try count()) { values.append(try text(field)) }
    return values
  }

  /// A byte that is 0 or 1; `field` is its name for the error.
  public mutating func bool(_ field: String) throws(ChangelogProblem) -> Bool {
    switch try byte() {
    case 0: return false
    case 1: return true
    default: throw .impossible(field)
    }
  }

  /// An optional value: a byte that is 0 or 1, then the value if it is 1.
  public mutating func optional<Value>(
    _ field: String, _ body: (inout BinaryReader) throws(ChangelogProblem) -> Value
  ) throws(ChangelogProblem) -> Value? {
    try bool(field) ? try body(&self) : nil
  }
}
