/// Writes the binary format of the changelog: numbers with variable length, texts with a length prefix.
///
/// `BinaryReader` reads the same values in the same order.
public struct BinaryWriter: Sendable {
  /// The bytes written so far.
  public private(set) var bytes: [UInt8] = []

  /// A writer without content.
  public init() {}

  /// Discards the content, and keeps the memory.
  public mutating func reset() { bytes.removeAll(keepingCapacity: true) }

  /// One byte.
  public mutating func byte(_ value: UInt8) { bytes.append(value) }

  /// A number of at most ten bytes, seven bits each, lowest first (LEB128).
  public mutating func unsigned(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// A count, which must not be negative.
  public mutating func count(_ value: Int) { unsigned(UInt64(max(0, value))) }

  /// A signed number, short if it is near zero (zigzag).
  public mutating func signed(_ value: Int64) { unsigned(UInt64(bitPattern: value << 1 ^ value >> 63)) }

  /// Eight bytes, lowest first.
  public mutating func fixed(_ value: UInt64) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Four bytes, lowest first.
  public mutating func fixed(_ value: UInt32) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// The eight bytes of a double, including one that isn't finite.
  public mutating func double(_ value: Double) { fixed(value.bitPattern) }

  /// A text: the number of its bytes, then the bytes.
  public mutating func text(_ value: String) {
    count(value.utf8.count)
    bytes.append(contentsOf: value.utf8)
  }

  /// Texts: their number, then the texts.
  public mutating func texts(_ values: [String]) {
    count(values.count)
    for value in values { text(value) }
  }

  /// Bytes: their number, then the bytes.
  public mutating func blob(_ value: UnsafeRawBufferPointer) {
    count(value.count)
    bytes.append(contentsOf: value)
  }

  /// Bytes without a length.
  public mutating func raw(_ value: some Sequence<UInt8>) { bytes.append(contentsOf: value) }

  /// An optional value: a byte that is 0 or 1, then the value if it is 1.
  public mutating func optional<Value>(_ value: Value?, _ body: (inout BinaryWriter, Value) -> Void) {
    byte(value == nil ? 0 : 1)
    if let value { body(&self, value) }
  }

  /// Ends a record with a checksum of `key` and everything written since `reset`. It detects a value that is damaged,
  /// truncated or stored under another key.
  public mutating func seal(for key: UnsafeRawBufferPointer) {
    fixed(bytes.withUnsafeBytes { Checksum.of(key, $0) })
  }
}
