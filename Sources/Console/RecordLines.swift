import Platform
import Records

/// Formats records for people, one line each. Columns stay aligned from line to line.
public struct RecordLines {
  private let colours: Colours
  private var rule = Column(least: 16)
  private var subject = Column(least: 16)
  private var reading = Column(least: 28)

  /// Whether a line showed a time with `*`, which is Kafka's timestamp of a record without its own.
  public private(set) var hasShownKafkaTime = false

  /// Lines with these colours.
  public init(colours: Colours) { self.colours = colours }

  /// The maximum length of a line in characters, not counting colours. A longer line is cut and ends in `…`.
  public static let greatestLength = 4096

  /// Appends the record's line with its line end.
  public mutating func append(_ record: borrowing SeenRecord, to output: inout [UInt8]) {
    let line: String
    if let transition = record.value.flatMap(Transition.decode) {
      line = self.line(transition)
    } else if let fields = record.fields {
      line = self.line(fields, of: record)
    } else {
      line = otherLine(record)
    }
    output.append(contentsOf: line.utf8)
    output.append(UInt8(ascii: "\n"))
  }

  /// Appends a transition's line with its line end. `mark` precedes it.
  public mutating func append(_ transition: Transition, mark: String = "", to output: inout [UInt8]) {
    output.append(contentsOf: (mark + line(transition)).utf8)
    output.append(UInt8(ascii: "\n"))
  }

  /// A column as wide as its widest text so far, within bounds.
  private struct Column {
    private(set) var width: Int
    static let greatest = 40

    init(least: Int) { width = least }

    /// `text` padded with blanks to the column's width.
    mutating func fill(_ text: String) -> String {
      width = max(width, min(text.count, Column.greatest))
      return text + blanks(for: text)
    }

    func blanks(for text: String) -> String { String(repeating: " ", count: max(0, width - text.count)) }
  }

  private mutating func line(_ transition: Transition) -> String {
    let paint: Colours.Paint =
      switch (transition.status, transition.severity) {
      case (.resolved, _): .green
      case (.firing, .critical): .red
      case (.firing, .warning): .yellow
      }
    let status = transition.status == .firing ? "FIRING  " : "resolved"
    let severity = transition.severity == .critical ? "critical" : "warning "
    var line = colours.paint(transition.timestamp.rfc3339, .dim)
    line += "  " + colours.paint(status + "  " + severity, paint)
    line += "  " + colours.paint(rule.fill(Printable.text(transition.rule)), .bold)
    line += "  " + subject.fill(Printable.text(transition.subject))
    let metric = Printable.text(transition.metric)
    line += "  " + reading.fill("\(metric) \(transition.value.shown) (limit \(transition.threshold.shown))")
    if let reason = transition.reason { line += "  [\(reason.rawValue)]" }
    if let count = transition.repeat { line += "  (reminder \(count))" }
    if let summary = transition.summary { line += "  " + Printable.text(summary) }
    return bounded(line)
  }

  /// The line of any other object: its time, subject and fields.
  private mutating func line(_ fields: [SeenRecord.Field], of record: borrowing SeenRecord) -> String {
    let names = ["host", "source"]
    let named = names.first { if case .text(let text) = record.field($0) { !text.isEmpty } else { false } }
    var line = start(of: record, subject: named.flatMap { record.field($0) })
    var message: String?
    for field in fields where field.name != "timestamp" && field.name != named {
      if field.name == "message", case .text(let text) = field.value {
        message = text
        continue
      }
      line += "  " + colours.paint(Printable.text(field.name) + "=", .dim) + shown(field.value)
    }
    if let message { line += "  " + Printable.text(message) }
    return bounded(line)
  }

  /// A field's value; quoted if it would run into the next field.
  private func shown(_ value: SeenRecord.Value) -> String {
    switch value {
    case .word(let word): return word
    case .nested(let text): return Printable.text(text)
    case .text(let text):
      let isPlain = !text.isEmpty && !text.contains { $0.isWhitespace || $0 == "\"" || $0 == "=" }
      return isPlain ? Printable.text(text) : "\"\(Printable.text(text))\""
    }
  }

  /// The line of a value that isn't an object: a tombstone, other JSON, text, or bytes.
  private mutating func otherLine(_ record: borrowing SeenRecord) -> String {
    let start = start(of: record, subject: nil)
    guard let value = record.value else { return bounded(start + "  " + colours.paint("(null)", .dim)) }
    return bounded(start + "  " + Printable.text(UnsafeRawBufferPointer(rebasing: value.prefix(Self.greatestLength))))
  }

  private mutating func start(of record: borrowing SeenRecord, subject named: SeenRecord.Value?) -> String {
    let own = record.ownTime
    let time = (own ?? record.kafkaTime)?.rfc3339 ?? String(repeating: "-", count: 24)
    let isKafkas = own == nil && record.kafkaTime != nil
    hasShownKafkaTime = hasShownKafkaTime || isKafkas
    var who = "-"
    if case .text(let text) = named {
      who = Printable.text(text)
    } else if let key = record.key, !key.isEmpty {
      who = Printable.text(UnsafeRawBufferPointer(rebasing: key.prefix(Self.greatestLength)))
    }
    let filled = subject.fill(who)
    return colours.paint(time, .dim) + (isKafkas ? "* " : "  ") + colours.paint(filled, .bold)
  }

  /// Limits the length of a line. Counts colours as well, because they are few and short.
  private func bounded(_ line: String) -> String {
    guard line.utf8.count > Self.greatestLength, line.count > Self.greatestLength else { return line }
    return line.prefix(Self.greatestLength - 1) + "…" + (colours.isOn ? "\u{1B}[0m" : "")
  }
}

extension SeenRecord {
  /// The record's own time; nil if it has none.
  fileprivate var ownTime: WallTime? {
    guard let value, fields != nil else { return nil }
    return WallTime(timestampOf: value)
  }
}
