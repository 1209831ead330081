/// Bytes of the changelog while they are written: numbers as short as they are, texts behind their length.
///
/// `BinaryReader` reads the same things in the same order.
public struct BinaryWriter: Sendable {
  /// What was written.
  public private(set) var bytes: [UInt8] = []

  /// Nothing yet.
  public init() {}

  /// Forgets what was written, and keeps the room for it.
  public mutating func reset() { bytes.removeAll(keepingCapacity: true) }

  /// One byte.
  public mutating func byte(_ value: UInt8) { bytes.append(value) }

  /// A number of at most ten bytes, seven bits each, the lowest first (LEB128).
  public mutating func unsigned(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// A count, which isn't negative.
  public mutating func count(_ value: Int) { unsigned(UInt64(max(0, value))) }

  /// A number of either sign, short where it is near zero (zigzag).
  public mutating func signed(_ value: Int64) { unsigned(UInt64(bitPattern: value << 1 ^ value >> 63)) }

  /// Eight bytes, the lowest first.
  public mutating func fixed(_ value: UInt64) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Four bytes, the lowest first.
  public mutating func fixed(_ value: UInt32) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// The eight bytes of a double, also of one that isn't finite.
  public mutating func double(_ value: Double) { fixed(value.bitPattern) }

  /// A text: how many bytes, then these.
  public mutating func text(_ value: String) {
    count(value.utf8.count)
    bytes.append(contentsOf: value.utf8)
  }

  /// Bytes: how many, then these.
  public mutating func blob(_ value: UnsafeRawBufferPointer) {
    count(value.count)
    bytes.append(contentsOf: value)
  }

  /// Bytes as they are.
  public mutating func raw(_ value: some Sequence<UInt8>) { bytes.append(contentsOf: value) }

  /// Something that may be absent: a byte that says so, then the thing.
  public mutating func optional<Value>(_ value: Value?, _ body: (inout BinaryWriter, Value) -> Void) {
    byte(value == nil ? 0 : 1)
    if let value { body(&self, value) }
  }

  /// Ends a record with a checksum of `key` and of everything written since `reset`. A value that was damaged or cut, or
  /// that stands under another key, is known by it.
  public mutating func seal(for key: UnsafeRawBufferPointer) {
    fixed(bytes.withUnsafeBytes { Checksum.of(key, $0) })
  }
}
