import Platform
import Streams

/// One key of `[[stream]]`, in the order in which they are explained and printed: those with tables last, because in a
/// file what follows a table belongs to it.
enum StreamKey: String, CaseIterable {
  case name, topics, interval, format, time, subject, by, isolation, count, measure, distinct

  /// Whether a stream without the key is a mistake.
  var isRequired: Bool { self == .name || self == .topics }

  /// Whether the value is a table, whose entries are read one by one: entries with a mistake are left out.
  var isTable: Bool { self == .count || self == .measure || self == .distinct }

  /// The words of `isolation`, and whether only committed records are read.
  static let isolations: [(word: String, readsCommitted: Bool)] = [
    ("read_uncommitted", false), ("read_committed", true),
  ]

  /// The word that divides by the record's key, not by a field.
  static let recordKey = "key"
}

extension StreamKey {
  /// The key with its value in a stream as lines of TOML; none if the key is left out.
  func written(of stream: StreamDefinition) -> String {
    let value: String? =
      switch self {
      case .name: Settings.quoted(stream.name)
      case .topics: StreamKey.array(stream.topics.map(\.text))
      case .interval: Settings.quoted(stream.interval.text)
      case .format: Settings.quoted(stream.format.rawValue)
      case .time: stream.time.map { Settings.quoted($0) }
      case .subject: stream.subject.map { Settings.quoted($0) }
      case .by: stream.division.map { Settings.quoted(StreamKey.written($0)) }
      case .isolation:
        StreamKey.isolations.first { $0.readsCommitted == stream.readsCommitted }.map { Settings.quoted($0.word) }
      case .count, .measure, .distinct: nil
      }
    if isTable { return table(of: stream) }
    return value.map { "\(rawValue) = \($0)\n" } ?? ""
  }

  /// The table with its entries; empty without them.
  private func table(of stream: StreamDefinition) -> String {
    let entries: [(name: String, value: String)] =
      switch self {
      case .count: stream.counts.map { ($0.name, StreamKey.written($0)) }
      case .measure: stream.measures.map { ($0.field, StreamKey.array($0.statistics.map(\.rawValue))) }
      case .distinct:
        stream.distincts.map {
          let entries = [("field", Settings.quoted($0.field)), ("over", Settings.quoted($0.over.text))]
          return ($0.name, Settings.inlineTable(entries))
        }
      default: []
      }
    if entries.isEmpty { return "" }
    return "[stream.\(rawValue)]\n" + entries.map { "\(Settings.quotedKey($0.name)) = \($0.value)\n" }.joined()
  }

  private static func written(_ division: StreamDefinition.Division) -> String {
    switch division {
    case .key: recordKey
    case .field(let field): field
    }
  }

  private static func written(_ count: StreamDefinition.Count) -> String {
    let value =
      switch count.condition {
      case .equals(let text), .contains(let text), .matches(let text): Settings.quoted(text)
      case .above(let limit), .below(let limit): String(limit)
      }
    let field = count.field.map { [("field", Settings.quoted($0))] } ?? []
    return Settings.inlineTable(field + [(count.condition.key, value)])
  }

  private static func array(_ texts: [String]) -> String {
    "[\(texts.map { Settings.quoted($0) }.joined(separator: ", "))]"
  }
}
