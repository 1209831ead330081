import Console
import Platform
import Topics

/// How readings are shown.
enum ReadingsFormat: String, CaseIterable, Sendable {
  case pretty
  case json
}

/// A reading that can be shown as a line of a table, and as a JSON object.
protocol ShownReading: SeenReading {
  static func table(_ readings: [Self], firing: FiringRules?, now: WallTime, width: Int?) -> ReadingTable
  func append(firing: FiringRules?, now: WallTime, to line: inout [UInt8])
}

extension SeenStream: ShownReading {
  static func table(_ readings: [Self], firing: FiringRules?, now: WallTime, width: Int?) -> ReadingTable {
    StreamTable.of(readings, firing: firing, now: now, width: width)
  }

  func append(firing: FiringRules?, now: WallTime, to line: inout [UInt8]) {
    ReadingObject.append(self, firing: firing, now: now, to: &line)
  }
}

extension SeenGroup: ShownReading {
  static func table(_ readings: [Self], firing: FiringRules?, now: WallTime, width: Int?) -> ReadingTable {
    GroupTable.of(readings, firing: firing, now: now, width: width)
  }

  func append(firing: FiringRules?, now: WallTime, to line: inout [UInt8]) {
    ReadingObject.append(self, firing: firing, now: now, to: &line)
  }
}

/// Shows readings once, or again and again: in place on a terminal, else one after the other.
struct ReadingsView<Reading: ShownReading> {

  /// What has been read.
  struct Seen {
    var readings: [Reading]
    /// The rules that fire; nil if that isn't known.
    var firing: FiringRules?
    /// What the user should know.
    var notes: [String]
    var ending: History.Ending

    /// Whether everything was read.
    var isComplete: Bool { if case .complete = ending { true } else { false } }
    /// Whether a signal ended it.
    var isStopped: Bool { if case .stopped = ending { true } else { false } }
  }

  private let command: String
  private let format: ReadingsFormat
  private let isRepeated: Bool
  private let signals: Signals
  /// What is shown if there is none.
  private let nothing: String
  private var output = OutputStream()
  private var drawing = Redrawing()
  private var hasShown = false
  /// The notes that were said last.
  private var said: [String] = []
  private var flow = OutputStream.Flow.open

  init(of command: String, format: ReadingsFormat, isRepeated: Bool, signals: Signals, nothing: String) {
    (self.command, self.format, self.isRepeated) = (command, format, isRepeated)
    (self.signals, self.nothing) = (signals, nothing)
  }

  /// Whether more can be shown.
  var isOpen: Bool { flow.isOpen }

  /// Shows it.
  ///
  /// - Throws: `OutputError` if it can't be written.
  mutating func show(_ seen: Seen) throws(OutputError) {
    let now = SystemTime().wall
    switch (format, isRepeated ? Redrawing.Size.ofOutput : nil) {
    case (.json, _):
      for reading in seen.readings {
        reading.append(firing: seen.firing, now: now, to: &output.bytes)
        if output.bytes.count >= OutputStream.greatestBatch { try flush() }
      }
      try flush()
      say(seen.notes)
    case (.pretty, nil):
      let title = isRepeated ? [now.rfc3339] : []
      let text = (title + lines(seen, now, width: nil)).map { $0 + "\n" }.joined()
      output.bytes.append(contentsOf: (hasShown ? "\n" : "").utf8)
      output.bytes.append(contentsOf: text.utf8)
      try flush()
      say(seen.notes)
    case (.pretty, let size?):
      let lines = [now.rfc3339] + lines(seen, now, width: size.columns)
      let notes = seen.notes.map { Printable.text($0).cut(to: size.columns) }
      output.bytes.append(contentsOf: drawing.frame(lines, foot: notes, rows: size.rows).utf8)
      try flush()
    }
    hasShown = true
  }

  private func lines(_ seen: Seen, _ now: WallTime, width: Int?) -> [String] {
    if seen.readings.isEmpty { return [nothing] }
    return Reading.table(seen.readings, firing: seen.firing, now: now, width: width).lines(colours: .ofOutput)
  }

  /// Says what is new.
  private mutating func say(_ notes: [String]) {
    for note in notes where !said.contains(note) { printError("statusd \(command): \(note)\n") }
    said = notes
  }

  private mutating func flush() throws(OutputError) {
    guard flow.isOpen else { return output.bytes.removeAll() }
    flow = output.flush(hearing: signals)
    try flow.check()
  }
}
