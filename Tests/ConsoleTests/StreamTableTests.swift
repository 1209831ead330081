import JSON
import Platform
import Records
import Testing

@testable import Console

@Suite("The table of streams")
struct StreamTableTests {
  private let now = WallTime(milliseconds: 1_000_000)

  private func stream(
    _ subject: String, rate: Double? = 12.5, age: Int64 = 1200, missing: Double? = 0, late: Double? = 0,
    lost: Double? = 0
  ) -> SeenStream {
    SeenStream(
      subject: subject, kind: "stream", time: WallTime(milliseconds: 1_000_000 - age), rate: rate,
      byteRate: rate.map { $0 * 100 }, delay: 250, silence: 0.04, missing: missing, late: late, lost: lost)
  }

  private func firing(_ rules: [(rule: String, subject: String, severity: Severity)]) -> FiringRules {
    FiringRules(
      rules.map { rule, subject, severity in
        let transition = Transition(
          timestamp: now, status: .firing, severity: severity, rule: rule, subject: subject, metric: "rate", value: 0,
          threshold: 1, since: now, previous: .inactive,
          source: SourcePosition(topic: "statusd-readings", partition: 0, offset: 1))
        return CurrentAlerts.Alert(transition: transition, value: [])
      })
  }

  private func text(
    _ streams: [SeenStream], _ rules: FiringRules? = FiringRules(), colours: Bool = false, width: Int? = nil
  ) -> String {
    StreamTable.of(streams, firing: rules, now: now, width: width).lines(colours: Colours(isOn: colours))
      .joined(separator: "\n")
  }

  @Test("has a line for each stream, with the rules that fire, the worst first")
  func lines() {
    let rules = firing([("stopped", "orders", .critical), ("late", "orders", .warning), ("x", "other", .critical)])
    #expect(
      text([stream("eu", rate: 1234.4, age: 65_000), stream("orders")], rules) == """
        STREAM    RATE        BYTES  DELAY  SILENCE   AGE  FIRING
        eu      1234/s  120.5 KiB/s  250ms     40ms  1m5s
        orders  12.5/s    1.2 KiB/s  250ms     40ms  1.2s  stopped (critical), late (warning)
        """)
  }

  @Test("has only a heading if there are no streams")
  func empty() {
    #expect(text([]) == "STREAM  RATE  BYTES  DELAY  SILENCE  AGE  FIRING")
  }

  @Test("missing partitions, late and lost records have columns only if there are any")
  func rare() {
    #expect(
      text([
        stream("a", rate: nil, missing: 2, lost: 1_000_000), stream("b", missing: nil, lost: nil),
      ]) == """
        STREAM    RATE      BYTES  DELAY  SILENCE  MISSING     LOST   AGE  FIRING
        a            -          -  250ms     40ms        2  1000000  1.2s
        b       12.5/s  1.2 KiB/s  250ms     40ms                    1.2s
        """)
    #expect(text([stream("a", late: 3)]).hasPrefix("STREAM    RATE      BYTES  DELAY  SILENCE  LATE   AGE  FIRING\n"))
  }

  @Test("long names are cut, and wide characters take two columns")
  func names() {
    let long = String(repeating: "n", count: 255)
    let lines = text([stream("注文/ée\u{301}🛒"), stream(long)]).split(separator: "\n")
    #expect(lines[1].hasPrefix("注文/ée\u{301}🛒" + String(repeating: " ", count: 60 - 9) + "  12.5/s"))
    #expect(lines[2].hasPrefix(String(repeating: "n", count: 59) + "…  12.5/s"))
  }

  @Test("on a terminal names take a third of the width")
  func narrowNames() {
    let line = text([stream("a-name-that-is-longer-than-26-columns")], width: 80).split(separator: "\n").last
    #expect(line == "a-name-that-is-longer-tha…  12.5/s  1.2 KiB/s  250ms     40ms  1.2s")
  }

  @Test("control characters in names and rules are escaped")
  func control() {
    let line = text([stream("a\u{1B}[2J\u{202E}")], firing([("r\n\u{9B}", "a\u{1B}[2J\u{202E}", .warning)]))
    #expect(line.contains("\na\\u{1B}[2J\\u{202E}  12.5/s"))
    #expect(line.hasSuffix("r\\n\\u{9B} (warning)"))
  }

  @Test("firing rules have their severity's colour; there is a ? if they aren't known, and a count if there are many")
  func rules() {
    let one = firing([("a", "s", .critical), ("b", "s", .warning)])
    #expect(text([stream("s")], one, colours: true).hasSuffix("  \u{1B}[1;31ma (critical), b (warning)\u{1B}[0m"))
    let warning = firing([("b", "s", .warning)])
    #expect(text([stream("s")], warning, colours: true).hasSuffix("  \u{1B}[33mb (warning)\u{1B}[0m"))
    #expect(!text([stream("s")], colours: true).contains("\u{1B}"))
    #expect(text([stream("s")], nil, colours: true).hasSuffix("1.2s  ?"))
    let many = firing((1...7).map { ("r\($0)", "s", .critical) })
    #expect(text([stream("s")], many).hasSuffix("r5 (critical), and 2 others"))
  }

  @Test("lines are cut to the width of a terminal, colours not counted", arguments: 0...70)
  func width(_ width: Int) {
    let rules = firing([("注文-stopped", "s", .critical)])
    for line in text([stream("s")], rules, width: width).split(separator: "\n") {
      #expect(String(line).columns <= width)
    }
    let coloured = text([stream("s")], rules, colours: true, width: width)
    #expect(
      coloured.replacing("\u{1B}[1;31m", with: "").replacing("\u{1B}[0m", with: "")
        == text([stream("s")], rules, width: width))
  }

  @Test(
    "numbers are short",
    arguments: [
      (0, "0"), (0.004, "0"), (-0.004, "0"), (0.256, "0.26"), (9.5, "9.5"), (10.04, "10"), (999.94, "999.9"),
      (1234.5, "1235"), (12_345_678, "12345678"), (1e300, "1e+300"),
    ] as [(Double, String)])
  func count(_ number: Double, _ text: String) { #expect(Numbers.count(number) == text) }

  @Test(
    "bytes have a unit",
    arguments: [
      (0, "0 B"), (0.5, "0.5 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (1_048_570, "1 MiB"),
      (5e12, "4.5 TiB"), (1e300, "8.881784197001253e+284 PiB"),
    ] as [(Double, String)])
  func bytes(_ number: Double, _ text: String) { #expect(Numbers.bytes(number) == text) }

  @Test(
    "durations have two or three digits below a minute",
    arguments: [
      (0, "0s"), (0.42, "0.4ms"), (9.96, "10ms"), (250.4, "250ms"), (999.6, "1s"), (1550, "1.6s"), (-1500, "-1.5s"),
      (59_400, "59s"), (3_723_000, "1h2m3s"), (90_061_000, "1d1h1m"), (-90_061_000, "-1d1h1m"), (1e300, "1e+297s"),
    ] as [(Double, String)])
  func duration(_ milliseconds: Double, _ text: String) {
    #expect(Numbers.duration(milliseconds: milliseconds) == text)
  }
}

@Suite("A stream as a JSON object")
struct ReadingObjectTests {
  private func object(_ value: String, subject: String = "orders", rules: FiringRules? = FiringRules()) -> String {
    var line: [UInt8] = []
    let stream = SeenStream(
      subject: subject, kind: "stream", time: WallTime(milliseconds: 0), value: Array(value.utf8))
    ReadingObject.append(stream, firing: rules, now: WallTime(milliseconds: 1250), to: &line)
    return String(decoding: line, as: UTF8.self)
  }

  private let start = #"{"stream":"orders","kind":"stream","timestamp":"1970-01-01T00:00:00.000Z","age_seconds":1.25,"#

  @Test("has the reading's numbers as they are written, and no other fields")
  func numbers() {
    let value =
      #"{"timestamp":0,"host":"orders","kind":"stream","rate":1.50,"firing":-2e3,"x":true,"n":{"a":1},"rate":7}"#
    #expect(object(value) == start + #""numbers":{"firing":-2e3,"rate":7},"firing":[]}"# + "\n")
  }

  @Test("names the rules that fire; null if they aren't known")
  func firing() {
    let transition = Transition(
      timestamp: WallTime(milliseconds: 0), status: .firing, severity: .critical, rule: "a\"b", subject: "orders",
      metric: "rate", value: 0, threshold: 1, since: WallTime(milliseconds: 0), previous: .inactive,
      source: SourcePosition(topic: "t", partition: 0, offset: 1))
    let rules = FiringRules([CurrentAlerts.Alert(transition: transition, value: [])])
    #expect(
      object("{}", rules: rules)
        == start + #""numbers":{},"firing":[{"rule":"a\"b","severity":"critical"}]}"# + "\n")
    #expect(object("{}", rules: nil) == start + #""numbers":{},"firing":null}"# + "\n")
  }

  @Test("has no control characters")
  func control() {
    let text = object("{\"a\\u001b\u{7F}\":1}", subject: "x\u{1B}\n\u{85}")
    #expect(text.dropLast().unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
    #expect(text.contains(#""stream":"x\u001b\n\u0085""#))
    #expect(text.contains(#""numbers":{"a\u001b\u007f":1}"#))
  }
}

@Suite("Drawing in place")
struct RedrawingTests {
  @Test("erases the screen once, then draws over what stands there")
  func frames() {
    var drawing = Redrawing()
    #expect(drawing.frame(["a", "b"], rows: 10) == "\u{1B}[2J\u{1B}[Ha\u{1B}[K\nb\u{1B}[K\n\u{1B}[J")
    #expect(drawing.frame(["a"], foot: ["f"], rows: 10) == "\u{1B}[Ha\u{1B}[K\nf\u{1B}[K\n\u{1B}[J")
  }

  @Test("what doesn't fit is counted, so that the screen never scrolls", arguments: 1...8)
  func bounded(_ rows: Int) {
    var drawing = Redrawing()
    let frame = drawing.frame(["1", "2", "3", "4", "5"], foot: [], rows: rows)
    let lines = frame.split(separator: "\u{1B}[K\n").dropLast()
    #expect(lines.count == min(5, max(1, rows - 1)))
    if rows == 4 { #expect(lines.last == "… and 3 more") }
    if rows == 6 { #expect(lines.last == "5") }
  }
}
