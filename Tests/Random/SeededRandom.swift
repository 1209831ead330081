/// Random numbers that come again with their seed (SplitMix64: Steele, Lea and Flood 2014).
///
/// Inlinable, so that tests that are optimized in a debug build don't call one of its unoptimized bodies a million times.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  @usableFromInline
  var state: UInt64

  /// The numbers of `seed`.
  @inlinable
  public init(seed: UInt64) { state = seed }

  /// The next number.
  @inlinable
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 to `count` - 1; `count` is at least 1, and below 2^32.
  @inlinable
  public mutating func below(_ count: Int) -> Int {
    Int(truncatingIfNeeded: ((next() >> 32) &* UInt64(count)) >> 32)
  }

  /// True once in `count` times.
  @inlinable
  public mutating func once(in count: Int) -> Bool { below(count) == 0 }

  /// One of `choices`; there is at least one.
  @inlinable
  public mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }
}
