import Records
import TestRandom

/// Ways to damage a record, each with the reason under which it must be counted.
enum Mutation: CaseIterable {
  case nothing, cutShort, trailing, notObject, badNumber, badPunctuation, controlCharacter
  case wordlessTime, timeInNoForm, future, longHost, controlInHost, hostNotUTF8, keyNotUTF8

  var reason: BadReason {
    switch self {
    case .nothing: .empty
    case .cutShort, .trailing, .badNumber, .badPunctuation, .controlCharacter: .notJSON
    case .notObject: .notObject
    case .wordlessTime, .timeInNoForm: .timestamp
    case .future: .future
    case .longHost, .controlInHost: .subject
    case .hostNotUTF8, .keyNotUTF8: .encoding
    }
  }

  /// A damaged record and its key. `now` (RFC 3339) is the log's time, `later` is too far ahead of it.
  func record(now: String, later: String, from random: inout SeededRandom) -> (
    value: [UInt8], key: [UInt8]
  ) {
    func object(_ host: String, _ time: String, _ value: String = "95.5") -> String {
      #"{"timestamp":"\#(time)","host":"\#(host)","cpu_usage":\#(value),"note":"a\u00e9\"b"}"#
    }
    let good = object("bad-1", now)
    var key = Array("bad-1".utf8)
    let text: String
    switch self {
    case .nothing: text = ""
    case .cutShort: text = String(good.prefix(Int.random(in: 1..<good.count, using: &random)))
    case .trailing: text = good + random.pick(["}", ",", "x", " 1", "{}", "\u{0}"])
    case .notObject: text = random.pick(["[\(good)]", "\"\(now)\"", "95.5", "true", "null", "[]"])
    case .badNumber:
      text = object(
        "bad-1", now, random.pick(["NaN", "95.", ".5", "01", "+1", "1e", "0x1", "-", "Infinity"]))
    case .badPunctuation:
      text = random.pick([
        good.replacing(":", with: "="), good.replacing("\"", with: "'"), good.replacing("}", with: ",}"),
        good.replacing(",", with: ",,"), good.replacing("\"host\"", with: "host"), String(good.dropFirst()),
      ])
    case .controlCharacter:
      text = good.replacing("note", with: random.pick(["no\nte", "no\u{1}te", "\t"]))
    case .wordlessTime: text = object("bad-1", random.pick(["yesterday", "", "now", "18:00"]))
    case .timeInNoForm:
      text = object("bad-1", now).replacing(
        "\"\(now)\"", with: random.pick(["true", "null", "{}", "[1]", "-1e18"]))
    case .future: text = object("bad-1", later)
    case .longHost: text = object(String(repeating: "h", count: Int.random(in: 256...400, using: &random)), now)
    case .controlInHost: text = object(random.pick(["a\\nb", "\\u0000", "x\\u007f", "\\t"]), now)
    case .hostNotUTF8:
      let bytes = Array(good.utf8).map { $0 == UInt8(ascii: "d") ? UInt8(0xff) : $0 }
      // Changes only the host's value: "bad-1" is the only text with a d.
      return (bytes, key)
    case .keyNotUTF8:
      key = [0x62, 0xc3, 0x28]
      text = #"{"timestamp":"\#(now)","cpu_usage":1}"#
    }
    return (Array(text.utf8), key)
  }
}
