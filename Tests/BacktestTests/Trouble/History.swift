import Evaluator
import Platform
import Records
import Settings
import TestSupport
import Testing

@testable import Backtest

/// A history in the format of `--from-file`, and the results of evaluating it.
struct History {
  /// The transitions in order: `12:00:03.500 firing critical cpu-high/web-1 95 since 12:00:03.500`.
  private(set) var told: [String] = []
  /// The evaluator's counters.
  private(set) var numbers = EvaluatorNumbers()
  /// The log lines.
  let log = CapturedLog()

  /// - Parameters:
  ///   - rules: tables of `[[rule]]`.
  ///   - lines: one `{"key":…,"timestamp":…,"value":…}` per line.
  init(rules: String, _ lines: String) throws {
    try self.init(rules: rules, lines.split(separator: "\n").map(String.init))
  }

  init(rules: String, _ lines: [String]) throws {
    let loaded = Settings.load(text: Array("kafka.brokers = \"127.0.0.1:1\"\n\(rules)".utf8), file: "rules.toml")
    let settings = try #require(loaded.settings, "\(loaded.complaints)")
    var run = BacktestRun(
      Stretch(topic: "status_topic", offsets: [0: 0..<Int64.max]), settings: settings, partitionCount: 1,
      log: Logger(output: log), time: ManualTime())
    for (offset, line) in lines.enumerated() {
      let bytes = Array(line.utf8)
      try bytes.withUnsafeBytes { bytes in
        try RecordedLine(bytes).withRecord(at: Int64(offset)) { run.receive($0) }
      }
    }
    run.speak()
    run.giveUp()
    while let transition = run.next() { told.append(History.line(transition)) }
    numbers = run.numbers
  }

  private static func line(_ transition: Transition) -> String {
    func clock(_ time: WallTime) -> String { String(time.rfc3339.dropFirst(11).dropLast()) }
    let value = transition.value == transition.value.rounded() ? "\(Int(transition.value))" : "\(transition.value)"
    return "\(clock(transition.timestamp)) \(transition.status) \(transition.severity) \(transition.key) \(value) "
      + "since \(clock(transition.since))"
  }

  /// A line whose record has this Kafka time, in seconds after 12:00 on 2026-11-20.
  static func line(_ second: Double, _ value: String, key: String = "web-1") -> String {
    "{\"key\":\"\(key)\",\"timestamp\":\(1_795_176_000_000 + Int64((second * 1000).rounded())),\"value\":\(value)}"
  }

  /// One rule: `cpu_usage` above 90.
  static let cpuHigh = rule("cpu-high", on: "cpu_usage")

  static func rule(_ name: String, on metric: String, _ more: String = "above = 90") -> String {
    "[[rule]]\nname = \"\(name)\"\nmetric = \"\(metric)\"\n\(more)\n"
  }
}
