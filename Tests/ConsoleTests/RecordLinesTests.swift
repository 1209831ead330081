import Console
import JSON
import Platform
import Records
import Testing

@Suite("RecordLines")
struct RecordLinesTests {
  private func transition(rule: String = "cpu-high", host: String = "web-1", summary: String? = "CPU of web-1 at 97.1%")
    -> Transition
  {
    Transition(
      timestamp: WallTime(milliseconds: 1_795_176_003_500), status: .firing, severity: .critical, rule: rule,
      subject: host, metric: "cpu_usage", value: 97.1, threshold: 90, since: WallTime(milliseconds: 1_795_176_000_000),
      previous: .inactive, summary: summary,
      source: SourcePosition(topic: "status_topic", partition: 3, offset: 18231))
  }

  private func text(_ transition: Transition) -> [UInt8] {
    var writer = Writer()
    transition.encode(into: &writer)
    return writer.bytes
  }

  @Test("a transition is one line of columns")
  func columns() {
    let screen = Screen()
    #expect(
      screen.show(text(transition()))
        == "2026-11-20T12:00:03.500Z  FIRING    critical  cpu-high          web-1             "
        + "cpu_usage 97.1 (limit 90)     CPU of web-1 at 97.1%")
    var resolved = transition(summary: nil)
    resolved.status = .resolved
    resolved.severity = .warning
    resolved.reason = .noData
    #expect(
      screen.show(text(resolved))
        == "2026-11-20T12:00:03.500Z  resolved  warning   cpu-high          web-1             "
        + "cpu_usage 97.1 (limit 90)     [no data]")
    var reminder = transition(summary: nil)
    reminder.repeat = 2
    #expect(screen.show(text(reminder)).hasSuffix("(limit 90)     (reminder 2)"))
  }

  @Test("columns grow with their content, keep their width, and don't follow very long texts")
  func growth() {
    let screen = Screen()
    let long = screen.show(text(transition(rule: String(repeating: "r", count: 30))))
    let short = screen.show(text(transition()))
    func place(_ line: String) -> Int? {
      line.firstRange(of: "web-1").map { line.distance(from: line.startIndex, to: $0.lowerBound) }
    }
    #expect(place(long) == place(short))
    _ = screen.show(text(transition(rule: String(repeating: "r", count: 90))))
    #expect(place(screen.show(text(transition()))) == 24 + 2 + 8 + 2 + 8 + 2 + 40 + 2)
  }

  @Test("severity and status are coloured, and each colour is reset after its text")
  func colours() {
    let screen = Screen(colours: true)
    let line = screen.show(text(transition()))
    #expect(line.contains("\u{1B}[1;31mFIRING    critical\u{1B}[0m"))
    #expect(line.split(separator: "\u{1B}[", omittingEmptySubsequences: false).count % 2 == 1)
    #expect(Colours.areWanted(isTerminal: true, noColor: nil, terminal: "xterm"))
    #expect(Colours.areWanted(isTerminal: true, noColor: "", terminal: nil))
    #expect(!Colours.areWanted(isTerminal: true, noColor: "1", terminal: "xterm"))
    #expect(!Colours.areWanted(isTerminal: false, noColor: nil, terminal: "xterm"))
    #expect(!Colours.areWanted(isTerminal: true, noColor: nil, terminal: "dumb"))
  }

  @Test("any other object is shown as time, subject and fields")
  func objects() {
    #expect(
      shown(#"{"timestamp":"2026-11-20T12:00:00Z","host":"web-1","cpu_usage":37.25,"x":null,"a":[1, {"b":2}]}"#)
        == #"2026-11-20T12:00:00.000Z  web-1             cpu_usage=37.25  x=null  a=[1, {"b":2}]"#)
    #expect(
      shown(#"{"timestamp":1795176000,"source":"app","message":"disk full","level":"warn"}"#)
        == "2026-11-20T12:00:00.000Z  app               level=warn  disk full")
    #expect(
      shown(#"{"note":"two words","empty":"","eq":"a=b"}"#, key: "k", time: 1_795_176_000_000)
        == #"2026-11-20T12:00:00.000Z* k                 note="two words"  empty=""  eq="a=b""#)
    #expect(shown(#"{"host":"","source":"app"}"#).contains("* app   "))
    #expect(shown(#"{"timestamp":"rubbish"}"#, time: nil).hasPrefix("------------------------  -   "))
  }

  @Test("Kafka's time is marked, unlike the record's own time, and is in the same column")
  func whoseTime() {
    let screen = Screen()
    let own = screen.show(Array(#"{"timestamp":"2026-11-20T12:00:00Z","host":"web-1"}"#.utf8))
    #expect(!screen.hasShownKafkaTime)
    let withoutZone = Array(#"{"timestamp":"2026-11-20T12:00:00","host":"web-1"}"#.utf8)
    let kafkas = screen.show(withoutZone, time: 1_795_176_000_000)
    #expect(screen.hasShownKafkaTime)
    #expect(own == "2026-11-20T12:00:00.000Z  web-1           ")
    #expect(kafkas == "2026-11-20T12:00:00.000Z* web-1           ")
    #expect(!shown("text", time: nil).contains("*"))
  }

  @Test("a value that isn't an object is shown as it is, if printable")
  func others() {
    #expect(shown("plain text", key: "k") == "1970-01-01T00:00:00.000Z* k                 plain text")
    #expect(shown("[1,2]").hasSuffix("  [1,2]"))
    #expect(shown(nil, key: "rule/web-1").hasSuffix("rule/web-1        (null)"))
    #expect(shown("").hasSuffix("-                 "))
    let screen = Screen()
    #expect(screen.show([0x00, 0xFF, 0x41, 0xC3]).hasSuffix("  \\u{0}\\xFFA\\xC3"))
  }

  @Test("nothing in a record controls the terminal, breaks the line or reverses its direction")
  func hostile() {
    let hostile = "\u{1B}]0;owned\u{7}\u{9B}31m\r\n\u{202E}\u{2028}\u{7F}"
    var writer = Writer()
    writer.beginObject()
    for name in ["host", "message", "x", hostile] {
      writer.key(name)
      writer.string(hostile)
    }
    writer.endObject()
    let values = [
      writer.bytes, Array(hostile.utf8), Array("{\"a\":{\"\(hostile.filter { $0 > "\u{1F}" })\":1}}".utf8),
      text(transition(rule: hostile, host: hostile, summary: hostile)),
    ]
    for value in values {
      let screen = Screen()
      let line = screen.show(value, key: Array(hostile.utf8))
      #expect(
        !line.unicodeScalars.contains {
          $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) || $0 == "\u{202E}" || $0 == "\u{2028}"
        })
      #expect(line.contains("\\u{202E}"))
    }
    // A tombstone has only its key.
    let screen = Screen()
    let line = screen.show(nil, key: Array(hostile.utf8))
    #expect(line.contains("\\u{1B}]0;owned\\u{7}\\u{9B}31m\\r\\n\\u{202E}\\u{2028}\\u{7F}"))
    #expect(!line.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) })
  }

  @Test("the length of a line is bounded")
  func bounded() {
    let line = shown("{\"message\":\"\(String(repeating: "m", count: 100_000))\"}")
    #expect(line.count == RecordLines.greatestLength)
    #expect(line.hasSuffix("m…"))
    #expect(shown(String(repeating: "b", count: 100_000)).count == RecordLines.greatestLength)
    let key = String(repeating: "\u{1}", count: 100_000)
    for value in [nil, "text", "{\"x\":1}"] {
      #expect(shown(value, key: key).count == RecordLines.greatestLength)
    }
  }
}
