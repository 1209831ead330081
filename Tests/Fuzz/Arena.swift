import TestRandom

/// A door through which bytes from outside come in, and what must hold whatever they are.
protocol Arena {
  /// What it is called on the command line.
  static var name: String { get }

  /// How many inputs one case tries.
  static var inputsPerCase: Int { get }

  /// Makes ready what is the same for all cases.
  init() throws

  /// Tries one case, which depends on `random` alone.
  ///
  /// - Returns: nil if all is as it must be; otherwise what isn't, with the input.
  mutating func run(_ random: inout SeededRandom) throws -> String?
}

extension Arena {
  static var inputsPerCase: Int { 1 }
}

/// An arena, and how many inputs are tried there.
struct Trial {
  var arena: any Arena.Type
  var count: Int

  /// Every arena, with its usual count.
  static var all: [Trial] {
    [
      Trial(arena: RecordArena.self, count: 1_000_000), Trial(arena: ConfigurationArena.self, count: 100_000),
      Trial(arena: ChangelogArena.self, count: 100_000), Trial(arena: RuleTestArena.self, count: 50_000),
      Trial(arena: ProcArena.self, count: 50_000), Trial(arena: StreamArena.self, count: 500_000),
      Trial(arena: StreamStateArena.self, count: 500_000),
    ]
  }
}

/// Bytes as a person can read and copy them; of many, the beginning.
func shown(_ bytes: [UInt8]) -> String {
  let limit = 1_000
  let text = bytes.prefix(limit).reduce(into: "") { text, byte in
    switch byte {
    case UInt8(ascii: "\\"): text += "\\\\"
    case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
    default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }
  return bytes.count > limit ? "\(text)… (\(bytes.count) bytes)" : text
}

/// `bytes` where they are; nil stays nil.
func withBytes(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Void) {
  guard let bytes else { return body(nil) }
  bytes.withUnsafeBytes { body($0) }
}
