/// Makes texts that are nearly those which somebody would write: a piece of one of several seeds, with a few mistakes of
/// the kind that people, editors and disks make. The same seed gives the same mutants.
public struct Mutator: Sendable {
  /// Where chance comes from.
  public var random: SeededRandom
  private let seeds: [[UInt8]]
  private let tokens: [[UInt8]]
  private let longest: Int

  /// Mutants of `seeds`, of which there is at least one; `tokens` are inserted here and there. A mutant begins with a
  /// piece of a seed of at most `longest` bytes, and as a whole seed every other time.
  public init(seed: UInt64, of seeds: [[UInt8]], tokens: [String] = [], longest: Int = .max) {
    random = SeededRandom(seed: seed)
    self.seeds = seeds
    self.tokens = tokens.map { Array($0.utf8) }
    self.longest = longest
  }

  /// The next mutant.
  public mutating func next() -> [UInt8] {
    var bytes = random.pick(seeds)
    if bytes.count > longest, random.once(in: 2) {
      let start = random.below(bytes.count - longest)
      bytes = Array(bytes[start..<(start + longest)])
    }
    for _ in 0...random.below(6) { change(&bytes) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    let place = random.below(bytes.count + 1)
    let rest = bytes.count - place
    switch random.below(tokens.isEmpty ? 6 : 9) {
    case 0: bytes.removeSubrange(place..<(place + min(rest, 1 + random.below(8))))
    case 1: if rest > 0 { bytes[place] = UInt8(truncatingIfNeeded: random.next()) }
    case 2: if rest > 0 { bytes[place] = 0x20 + UInt8(random.below(95)) }
    case 3: bytes.insert(contentsOf: piece(of: bytes), at: place)
    case 4: bytes.insert(contentsOf: piece(of: random.pick(seeds)), at: place)
    case 5: if random.once(in: 4) { bytes.removeSubrange(place...) }
    case 6: for _ in 0...random.below(3) { bytes.insert(contentsOf: random.pick(tokens), at: place) }
    default: bytes.insert(contentsOf: random.pick(tokens), at: place)
    }
  }

  private mutating func piece(of bytes: [UInt8]) -> [UInt8] {
    let start = random.below(bytes.count + 1)
    return Array(bytes[start..<(start + random.below(min(40, bytes.count - start) + 1))])
  }
}

extension Mutator {
  /// What means something in TOML, and what nearly does.
  public static let toml = [
    "[", "]", "[[", "]]", "{", "}", "\"", "'", "\"\"\"", "'''", ".", "..", ",", "=", "#", "\n", "\r", "\r\n", "\t", " ",
    "\\", "\\u", "\\U", "\\x", "\\\n", "$", "${", "${HOME}", "*", ":", "+", "-", "_", "a.b", "a . b", "\"a b\".'c'",
    "1979-05-27", "1979-05-27T", "1979-05-27 1", "1979-05-27T07:32:00Z", "07:32:00", "-07:00", "0x", "0b", "0o",
    "0xDEAD",
    "1_0", "1__0", "01", "1e", "1e9999", "1.", ".5", "inf", "-nan", "true", "fals", "9223372036854775808",
    "[a]\n", "[[a]]\n", "[a.b]\n", "a={b=1,c=[1,{d=2}]}\n", "\u{7F}", "\u{1}", "\0", "é", "€", "\u{1F600}", "\u{2003}",
    "\u{FEFF}", "\u{202E}", "\u{85}",
  ]

  /// What means something in JSON, and what nearly does.
  public static let json = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\u0000", "\\ud800", "\\udc00\\ud800", "\\\"", "null", "true",
    "fals",
    "0", "-", "-0", "01", "1e400", "1e-400", "1.", ".5", "NaN", "Infinity", "9223372036854775808", " ", "\n", "\t",
    "\0",
    "\u{1}", "\u{7F}", "é", "€", "\u{1F600}", "\u{FEFF}", "\"host\":", "\"timestamp\":", "\"boot_id\":",
    "\"sequence\":",
    "\"cpu_usage\":", "{\"a\":[{}]}", "[[[[", "}}}}",
  ]
}
