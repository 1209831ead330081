/// A hash that is the same in every process, version and machine: SipHash-2-4 (Aumasson and Bernstein 2012) with key
/// zero. Texts have a length prefix, so that different sequences of parts are different inputs.
public struct Identity {
  private var v0: UInt64 = 0x736f_6d65_7073_6575
  private var v1: UInt64 = 0x646f_7261_6e64_6f6d
  private var v2: UInt64 = 0x6c79_6765_6e65_7261
  private var v3: UInt64 = 0x7465_6462_7974_6573
  private var word: UInt64 = 0
  private var count: UInt64 = 0

  /// Starts with no input. Only tests pass another key, to check the published test vectors.
  public init(key: (UInt64, UInt64) = (0, 0)) {
    v0 ^= key.0
    v1 ^= key.1
    v2 ^= key.0
    v3 ^= key.1
  }

  /// Adds one byte.
  public mutating func append(_ byte: UInt8) {
    word |= UInt64(byte) &<< (8 * (count & 7))
    count &+= 1
    if count & 7 == 0 { absorb() }
  }

  /// Adds a whole number, lowest byte first.
  public mutating func append(_ value: Int64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      append(UInt8(truncatingIfNeeded: UInt64(bitPattern: value) &>> shift))
    }
  }

  /// Adds a text: the number of its bytes, then the bytes.
  public mutating func append(_ text: String) {
    append(Int64(text.utf8.count))
    for byte in text.utf8 { append(byte) }
  }

  /// The hash of everything added.
  public consuming func finish() -> UInt64 {
    word |= count &<< 56
    absorb()
    v2 ^= 0xFF
    for _ in 0..<4 { round() }
    return v0 ^ v1 ^ v2 ^ v3
  }

  private mutating func absorb() {
    v3 ^= word
    round()
    round()
    v0 ^= word
    word = 0
  }

  private mutating func round() {
    func rotate(_ x: UInt64, _ by: UInt64) -> UInt64 { x &<< by | x &>> (64 &- by) }
    v0 &+= v1
    v1 = rotate(v1, 13) ^ v0
    v0 = rotate(v0, 32)
    v2 &+= v3
    v3 = rotate(v3, 16) ^ v2
    v0 &+= v3
    v3 = rotate(v3, 21) ^ v0
    v2 &+= v1
    v1 = rotate(v1, 17) ^ v2
    v2 = rotate(v2, 32)
  }
}

/// 16 lower-case hexadecimal digits.
public func hex(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
