/// Records as nobody would write them, mostly grammatical.
public struct RandomRecord {
  /// Where chance comes from.
  public var random: SeededRandom

  /// Records that `random` draws.
  public init(random: SeededRandom) { self.random = random }

  /// Names of fields: some that statusd reads always, some that plans of tests name, and some that nobody does.
  public static let names = [
    "cpu_usage", "memory_usage", "role", "host", "timestamp", "boot_id", "sequence", "x", "", "cpu_usag",
  ]

  /// A JSON object.
  public mutating func object(depth: Int = 0) -> String {
    var text = random.once(in: 50) ? "\u{feff}{" : "{"
    let count = random.pick([0, 1, 2, 3, 5, 8, 13])
    for i in 0..<count {
      let name = random.pick(Self.names)
      text += (i > 0 ? "\(blank()),\(blank())" : blank()) + key(name) + blank() + ":" + blank()
      text += value(of: depth == 0 ? name : "", depth: depth)
    }
    return text + blank() + "}" + blank()
  }

  private mutating func blank() -> String { random.once(in: 8) ? random.pick([" ", "\n", "\t", "\r\n", "  "]) : "" }

  private mutating func key(_ name: String) -> String {
    guard random.once(in: 6), let letter = name.unicodeScalars.first else { return "\"\(name)\"" }
    let digits = String(letter.value, radix: 16)
    return "\"\\u" + String(repeating: "0", count: 4 - digits.count) + digits + name.dropFirst() + "\""
  }

  private mutating func value(of name: String, depth: Int) -> String {
    if random.once(in: 6) { return anything(depth) }
    switch name {
    case "host", "role":
      return random.pick([
        "\"web-1\"", "\"\"", "\"d\\u00e4\"", "\"dä\"", "\"a\\tb\"", "\"\\ud83d\\ude00\"", "\"\\udc00\"",
      ])
    case "boot_id":
      return random.pick(["\"6c0ef2f0-5a5b\"", "\"\"", "\"\\n\"", "7", "\"\(String(repeating: "é", count: 900))\""])
    case "sequence": return random.pick(["1", "0", "12345678901", "1e2", "-1", "9223372036854775808"])
    case "timestamp":
      return random.pick([
        "\"2026-11-20T12:00:01.000Z\"", "\"2026-11-20T12:00:01.250Z\"", "\"2026-11-20T12:01:01.250Z\"",
        "\"2026-11-20T12:00:01Z\"", "\"2026-11-20 12:00:01\"", "1795176001", "1795176001.5", "1795176001000", "\"now\"",
        "\"2026-11-20T12:00:0\\u0031.000Z\"",
      ])
    default: return number()
    }
  }

  private mutating func anything(_ depth: Int) -> String {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: return random.pick(["true", "false", "null"])
    case 1:
      return
        "\"\(random.pick(["", "NaN", "a\\\"b", "}{][,:", "\\\\", "\\u0000", "é", String(repeating: "y", count: 70)]))\""
    case 2 where depth < 4: return object(depth: depth + 1).replacing("\u{feff}", with: "")
    case 3 where depth < 4: return "[\(blank())\(anything(depth + 1)),\(blank())\(anything(depth + 1))]"
    case 4: return random.pick(["[]", "{}", "[ ]", "[[],[]]"])
    default: return number()
    }
  }

  /// A number of any length and size.
  public mutating func number() -> String {
    var text = random.once(in: 4) ? "-" : ""
    let length = random.pick([1, 1, 2, 2, 3, 5, 7, 8, 9, 15, 16, 17, 19, 20, 40])
    text += length == 1 ? digits(1) : random.pick(["1", "9", "3"]) + digits(length - 1)
    if random.once(in: 2) { text += "." + digits(random.pick([1, 1, 2, 2, 3, 6, 7, 8, 14, 15, 16, 17, 30])) }
    if random.once(in: 6) {
      text += random.pick(["e", "E"]) + random.pick(["", "+", "-"]) + digits(random.pick([1, 2, 3]))
    }
    return text
  }

  private mutating func digits(_ count: Int) -> String {
    String((0..<count).map { _ in random.pick(Array("0123456789")) })
  }

  /// `bytes` with one to three things broken.
  public mutating func broken(_ bytes: [UInt8]) -> [UInt8] { random.broken(bytes, with: RandomRecord.pieces) }

  private static let pieces: [[UInt8]] =
    "\"\\{}[]:,.0e-+ \u{0}\u{1f}tu".utf8.map { [$0] } + ["null", "\\u00", "[[", "}}", "\",\""].map { Array($0.utf8) }
}
