import Foundation
import JSON
import Platform
import Records
import Testing

@testable import Metrics

@Suite("The page of metrics")
struct MetricsBookTests {
  private let begin = MonotonicTime(nanoseconds: 1_000_000_000)
  private let time: Int64 = 1_795_176_000_000

  /// The page while nobody has said anything.
  private let nothing = """
    # HELP statusd_metrics_left_out_total records of processes and alerts that this page had no room for
    # TYPE statusd_metrics_left_out_total counter
    statusd_metrics_left_out_total 0

    """

  private func take(_ value: [UInt8], into book: inout MetricsBook, at seconds: Int64 = 0, now: Duration = .zero) {
    value.withUnsafeBytes { book.take(reading: $0, appended: time + seconds * 1000, now: begin + now) }
  }

  private func forwarder(_ transitions: Int64, _ instance: String = "web-1") -> [UInt8] {
    var numbers = ForwarderNumbers()
    numbers.transitions = transitions
    return ForwarderRecord(numbers, instance: instance, at: WallTime(milliseconds: time)).value
  }

  private func alert(_ rule: String, _ host: String, labels: [Transition.Label] = []) -> [UInt8] {
    var transition = Transition(
      timestamp: WallTime(milliseconds: time), status: .firing, severity: .critical, rule: rule,
      subject: host, metric: "cpu_usage", value: 95, threshold: 90, since: WallTime(milliseconds: time),
      previous: .inactive, source: SourcePosition(topic: "status_topic", partition: 0, offset: 1))
    transition.labels = labels
    var writer = Writer()
    transition.encode(into: &writer)
    return writer.bytes
  }

  private func take(alert: [UInt8]?, keyed key: String, into book: inout MetricsBook) {
    Array(key.utf8).withUnsafeBytes { key in
      if let alert {
        alert.withUnsafeBytes { book.take(alert: key, value: $0) }
      } else {
        book.take(alert: key, value: nil)
      }
    }
  }

  @Test("each metric has its help, its type and the newest value of each process")
  func values() {
    var book = MetricsBook()
    take(forwarder(5), into: &book)
    take(forwarder(7), into: &book, at: 10, now: .seconds(10))
    take(forwarder(6), into: &book, at: 5, now: .seconds(10))
    take(forwarder(1, "web-2"), into: &book, at: 9, now: .seconds(10))
    let page = book.page(at: begin + .seconds(12))
    #expect(
      page.contains(
        """
        # HELP statusd_forward_transitions_total transitions that receivers were told of
        # TYPE statusd_forward_transitions_total counter
        statusd_forward_transitions_total{instance="web-1"} 7
        statusd_forward_transitions_total{instance="web-2"} 1

        """))
    #expect(page.contains("# TYPE statusd_forward_waiting gauge\nstatusd_forward_waiting{instance=\"web-1\"} 0\n"))
    #expect(!page.contains("statusd_samples"))
    let families = page.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
    #expect(families.count == ForwarderNumbers.metrics.count + 1 && Set(families).count == families.count)
  }

  @Test("receivers and statusd's own processes have their labels")
  func labels() {
    var book = MetricsBook()
    var numbers = ReceiverNumbers()
    numbers.isWell = false
    let wall = WallTime(milliseconds: time)
    take(ForwarderRecord(numbers, of: "on-call", instance: "web-1", at: wall).value, into: &book)
    take(
      Array(#"{"host":"statusd@db-1","kind":"self","samples":12,"lag":3.5,"own":1,"x":{"a":[1]}}"#.utf8), into: &book)
    let page = book.page(at: begin)
    #expect(page.contains("statusd_receiver_well{instance=\"web-1\",receiver=\"on-call\"} 0\n"))
    #expect(page.contains("statusd_samples_total{instance=\"db-1\"} 12\n"))
    #expect(page.contains("statusd_lag{instance=\"db-1\"} 3.5\n"))
    #expect(!page.contains("own"))
  }

  @Test("a process that is silent for a minute vanishes; the brokers' clock counts, not the own one")
  func silence() {
    var book = MetricsBook()
    take(forwarder(5), into: &book)
    take(forwarder(1, "web-2"), into: &book, at: 40, now: .seconds(1))
    #expect(book.page(at: begin + .seconds(20)).contains("web-1"))
    let later = book.page(at: begin + .seconds(22))
    #expect(!later.contains("web-1") && later.contains("web-2"))
    #expect(book.page(at: begin + .seconds(62)) == nothing)
    // Old records of the beginning aren't shown at all.
    take(forwarder(9), into: &book, at: 100, now: .seconds(62))
    take(forwarder(9, "old"), into: &book, at: 30, now: .seconds(62))
    #expect(!book.page(at: begin + .seconds(62)).contains("\"old\""))
  }

  @Test("alerts that fire are series with the labels that Alertmanager gets, until they are resolved")
  func alerts() {
    var book = MetricsBook()
    take(alert: alert("cpu", "a", labels: [.init(name: "team-a", value: "infra")]), keyed: "cpu/a", into: &book)
    take(alert: alert("cpu", "b"), keyed: "cpu/b", into: &book)
    #expect(
      book.page(at: begin).hasSuffix(
        """
        # TYPE statusd_alerts gauge
        statusd_alerts{alertname="cpu",host="a",metric="cpu_usage",severity="critical",team_a="infra"} 1
        statusd_alerts{alertname="cpu",host="b",metric="cpu_usage",severity="critical"} 1

        """))
    take(alert: nil, keyed: "cpu/a", into: &book)
    #expect(!book.page(at: begin).contains("host=\"a\""))
    take(alert: Array("{".utf8), keyed: "cpu/b", into: &book)
    #expect(book.page(at: begin) == nothing)
  }

  @Test("what the page has no room for is left out, and counted")
  func leftOut() {
    var book = MetricsBook(limit: 1)
    take(forwarder(7), into: &book)
    take(alert: alert("cpu", "a"), keyed: "cpu/a", into: &book)
    #expect(book.page(at: begin).contains("\nstatusd_metrics_left_out_total 0\n"))
    take(forwarder(8, "web-2"), into: &book)
    take(forwarder(9), into: &book)
    take(alert: alert("cpu", "b"), keyed: "cpu/b", into: &book)
    let page = book.page(at: begin)
    #expect(page.contains("\nstatusd_metrics_left_out_total 2\n"))
    #expect(page.contains("statusd_forward_transitions_total{instance=\"web-1\"} 9\n"))
    #expect(!page.contains("web-2"))
    #expect(page.contains("host=\"a\""))
    #expect(!page.contains("host=\"b\""))
    // The first process has been silent for a minute: the other one takes its place.
    take(forwarder(8, "web-2"), into: &book, at: 120, now: .seconds(120))
    #expect(book.page(at: begin + .seconds(120)).contains("instance=\"web-2\""))
  }

  @Test("a value stays within its quotes and its line, whatever it contains")
  func hostile() {
    let texts = [
      "a\"} 1\nstatusd_fake 2", "\\", "\\\"", "\\n", "{{x}}", "\u{202E}x", "a\rb", "# HELP", "\u{0}", "é\u{301}", "}",
    ]
    for text in texts {
      var book = MetricsBook()
      take(forwarder(5, text), into: &book)
      take(alert: alert(text, text, labels: [.init(name: text, value: text)]), keyed: "k", into: &book)
      let lines = book.page(at: begin).split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count == ForwarderNumbers.metrics.count * 3 + 3 + 4, "\(text.debugDescription)")
      for line in lines where line.contains("{") && !line.hasPrefix("# ") {
        let labels = read(String(line))
        #expect(
          labels?.allSatisfy { ["alertname", "host", "instance"].contains($0.name) ? $0.value == text : true } == true)
      }
      #expect(!lines.contains { $0.hasPrefix("statusd_fake") })
    }
  }

  /// The labels of a line; nil if it isn't one of the format.
  private func read(_ line: String) -> [(name: String, value: String)]? {
    var rest = Array(line.unicodeScalars)[...]
    func take(while isTaken: (Unicode.Scalar) -> Bool) -> String {
      let taken = rest.prefix(while: isTaken)
      rest = rest.dropFirst(taken.count)
      return String(String.UnicodeScalarView(taken))
    }
    func isName(_ scalar: Unicode.Scalar) -> Bool {
      scalar.isASCII && (scalar.properties.isAlphabetic || scalar == "_" || ("0"..."9").contains(scalar))
    }
    guard !take(while: isName).isEmpty, rest.popFirst() == "{" else { return nil }
    var labels: [(name: String, value: String)] = []
    while true {
      let name = take(while: isName)
      guard !name.isEmpty, rest.popFirst() == "=", rest.popFirst() == "\"" else { return nil }
      var value = ""
      while let next = rest.popFirst(), next != "\"" {
        if next != "\\" {
          value.unicodeScalars.append(next)
          continue
        }
        switch rest.popFirst() {
        case "n": value += "\n"
        case "\\": value += "\\"
        case "\"": value += "\""
        default: return nil
        }
      }
      labels.append((name, value))
      switch rest.popFirst() {
      case ",": continue
      case "}":
        let number = String(String.UnicodeScalarView(rest))
        return number.hasPrefix(" ") && Double(number.dropFirst()) != nil ? labels : nil
      default: return nil
      }
    }
  }

  @Test("records that are none, or of another kind, show nothing")
  func others() {
    var book = MetricsBook()
    for text in [
      "", "{", "[]", "1", #"{"host":"a"}"#, #"{"host":"orders","kind":"stream","records":5}"#,
      #"{"kind":"self","samples":5}"#,
    ] {
      take(Array(text.utf8), into: &book)
    }
    #expect(book.page(at: begin) == nothing)
  }

  @Test("the help of each metric is what docs/configuration.md says")
  func help() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().resolvingSymlinksInPath()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("docs/configuration.md"), encoding: .utf8)
    let section = try #require(text.components(separatedBy: "\n## ").first { $0.hasPrefix("statusd's own metrics\n") })
    let rows = section.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
      row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let explained = Dictionary(uniqueKeysWithValues: rows.map { ($0[0].trimmingCharacters(in: ["`"]), $0[2]) })
    #expect(explained == MetricHelp.texts)
  }
}
