import Cscan

/// A fast hash of bytes. For tables inside this process it has a random seed, so that nobody can prepare subjects that
/// collide. For data in the changelog it has a fixed seed.
@usableFromInline enum Hash {
  private static let seeds = (UInt64.random(in: 1 ... .max), UInt64.random(in: 1 ... .max) | 1)

  /// The random seeds. Keep a copy where hashing is frequent.
  static var seed: (UInt64, UInt64) { seeds }

  /// The fixed seed, for boots (which are compared only within one series) and old seals. (First digits of pi.)
  static let lasting: (UInt64, UInt64) = (0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345)

  /// The checksum of old changelog records, before zlib's was used. It covers the value and the key.
  static func seal(of value: UnsafeRawBufferPointer, for key: UnsafeRawBufferPointer) -> UInt32 {
    let first = unpadded(key, seed: lasting)
    return UInt32(truncatingIfNeeded: unpadded(value, seed: (lasting.0 ^ first, lasting.1)))
  }

  /// The hash of `count` bytes of padded text.
  @inline(__always) static func bytes(_ start: UnsafePointer<UInt8>, _ count: Int, seed: (UInt64, UInt64)) -> UInt64 {
    var p = start
    var rest = count
    var hash = seed.0 ^ UInt64(truncatingIfNeeded: count)
    while rest > 8 {
      hash = mix(hash ^ cscan_word(p), seed.1 ^ cscan_word(p + 8) & Hash.mask(rest &- 8))
      p += 16
      rest &-= 16
    }
    if rest > 0 { hash = mix(hash ^ (cscan_word(p) & Hash.mask(rest)), seed.1) }
    return mix(hash, seed.1)
  }

  /// The same hash, for bytes without padding.
  static func unpadded(_ bytes: UnsafeRawBufferPointer, seed: (UInt64, UInt64)) -> UInt64 {
    var hash = seed.0 ^ UInt64(truncatingIfNeeded: bytes.count)
    guard var p = bytes.baseAddress else { return mix(hash, seed.1) }
    var rest = bytes.count
    while rest > 8 {
      hash = mix(hash ^ word(p, 8), seed.1 ^ word(p + 8, rest &- 8))
      p += 16
      rest &-= 16
    }
    if rest > 0 { hash = mix(hash ^ word(p, rest), seed.1) }
    return mix(hash, seed.1)
  }

  /// The first `count` bytes as a word; the first eight if `count` is larger.
  @inline(__always) private static func word(_ p: UnsafeRawPointer, _ count: Int) -> UInt64 {
    if count >= 8 { return UInt64(littleEndian: p.loadUnaligned(as: UInt64.self)) }
    if count >= 4 {
      // The two halves overlap if `count` is less than eight.
      let low = UInt64(UInt32(littleEndian: p.loadUnaligned(as: UInt32.self)))
      let high = UInt64(UInt32(littleEndian: p.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)))
      return low | high << UInt64(8 * (count - 4))
    }
    var word: UInt64 = 0
    for place in 0..<count { word |= UInt64(p.load(fromByteOffset: place, as: UInt8.self)) << UInt64(8 * place) }
    return word
  }

  /// The bits of the first `count` bytes of a word; all bits if `count` is eight or more.
  @inline(__always) private static func mask(_ count: Int) -> UInt64 {
    count >= 8 ? .max : UInt64.max >> UInt64(truncatingIfNeeded: 64 &- 8 &* count)
  }

  /// Multiplies and folds both halves of the product, so that each bit of the result depends on many bits of the input.
  @inline(__always) private static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }
}
