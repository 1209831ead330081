import Backtest
import Console
import JSON
import Platform
import Records

/// The output of a backtest: transitions or differences on standard output, then the summary.
struct BacktestView {
  private let format: Backtest.Format
  private let isComparing: Bool
  private let signals: Signals
  private var output = OutputStream()
  private var lines: RecordLines
  private var writer = Writer()
  private var summary: RuleSummary
  /// Whether standard output still has a reader.
  private(set) var flow = OutputStream.Flow.open
  /// Whether a signal ends the command.
  private(set) var isStopped = false
  /// Called when a signal ends the command.
  mutating func stop() { isStopped = true }

  /// Whether more output is wanted.
  var goesOn: Bool { flow.isOpen && !isStopped }

  /// Whether the reader of standard output has gone.
  var isUnread: Bool { if case .closed = flow { true } else { signals.isUnread } }

  init(_ format: Backtest.Format, rules: [String], isComparing: Bool, signals: Signals) {
    self.format = format
    self.isComparing = isComparing
    self.signals = signals
    lines = RecordLines(colours: .ofOutput)
    summary = RuleSummary(rules: rules)
  }

  /// Counts a transition of the backtest, and shows it unless only differences are shown.
  mutating func take(_ transition: Transition) {
    summary.take(transition)
    if !isComparing { write(transition, mark: nil) }
  }

  /// Shows a difference between the two sides.
  mutating func show(_ transition: Transition, _ difference: Difference) { write(transition, mark: difference) }

  /// How the two sides differ.
  enum Difference: String {
    case onlyInBacktest = "+"
    case onlyInTopic = "-"
    case inAnotherOrder = "~"

    var word: String {
      switch self {
      case .onlyInBacktest: "only in the backtest"
      case .onlyInTopic: "only in the topic"
      case .inAnotherOrder: "in another order"
      }
    }
  }

  private mutating func write(_ transition: Transition, mark: Difference?) {
    switch format {
    case .pretty:
      lines.append(transition, mark: mark.map { "\($0.rawValue) " } ?? "", to: &output.bytes)
    case .json:
      writer.reset()
      if let mark {
        writer.beginObject()
        writer.key("difference")
        writer.string(mark.word)
        writer.key("transition")
        transition.encode(into: &writer)
        writer.endObject()
      } else {
        transition.encode(into: &writer)
      }
      writer.bytes.withUnsafeBytes { JSONLine.append($0, to: &output.bytes) }
    }
    if output.bytes.count >= OutputStream.greatestBatch { flush() }
  }

  /// Whether output waits to be written.
  var hasSomething: Bool { !output.bytes.isEmpty }

  /// Writes the waiting output.
  mutating func flush() {
    guard flow.isOpen else { return }
    flow = output.flush(hearing: signals)
    if case .stopped = flow { isStopped = true }
    if signals.take() == .stop { isStopped = true }
  }

  /// Writes the summary of the rules, then the lines `more`. Alerts that still fire are counted as firing until `end`.
  mutating func finish(until end: WallTime, _ more: [String]) {
    var text = isComparing ? "" : table(until: end)
    for line in more { text += line + "\n" }
    if format == .pretty {
      output.bytes.append(contentsOf: text.utf8)
      flush()
    } else {
      flush()
      printError(text)
    }
  }

  private func table(until end: WallTime) -> String {
    var table = Table(["rule", "alerts", "firing", "shortest", "flaps", "still firing"], rightAligned: 1...5)
    for row in summary.rows(until: end) {
      table.append([
        row.rule, "\(row.alerts)", row.firing.roughText, row.shortest?.roughText ?? "-", "\(row.flaps)",
        "\(row.stillFiring)",
      ])
    }
    return "\n" + table.text
  }
}
