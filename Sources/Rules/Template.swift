import Records

/// A summary with placeholders like `{{host}}`, parsed.
struct Template: Equatable, Sendable {
  /// The value of a placeholder.
  enum Placeholder: Hashable, Sendable {
    case host, rule, metric, severity, status, value, threshold, since, timestamp
    case label(Int)
  }

  /// One part of the text.
  enum Part: Equatable, Sendable {
    case text(String)
    case placeholder(Placeholder)
  }

  /// What is wrong with a text.
  enum Mistake: Error, Equatable {
    /// There is no such placeholder.
    case unknown(String)
    /// `{{` without its `}}`.
    case open
  }

  let parts: [Part]

  /// The names of the placeholders that every rule has.
  static let names: [(name: String, placeholder: Placeholder)] = [
    ("host", .host), ("rule", .rule), ("metric", .metric), ("severity", .severity), ("status", .status),
    ("value", .value), ("threshold", .threshold), ("since", .since), ("timestamp", .timestamp),
  ]

  /// Parses `text`; blanks inside the braces don't matter. `labels` are those of the rule, for `{{labels.NAME}}`.
  init(_ text: String, labels: [Transition.Label]) throws(Mistake) {
    let bytes = Array(text.utf8)
    var parts: [Part] = []
    var start = 0
    while let open = Template.find(UInt8(ascii: "{"), in: bytes, from: start) {
      guard let close = Template.find(UInt8(ascii: "}"), in: bytes, from: open + 2) else { throw .open }
      if open > start { parts.append(.text(String(decoding: bytes[start..<open], as: UTF8.self))) }
      var name = bytes[(open + 2)..<close]
      while name.first == UInt8(ascii: " ") { name.removeFirst() }
      while name.last == UInt8(ascii: " ") { name.removeLast() }
      let word = String(decoding: name, as: UTF8.self)
      guard let placeholder = Template.placeholder(word, labels: labels) else { throw .unknown(word) }
      parts.append(.placeholder(placeholder))
      start = close + 2
    }
    if start < bytes.count { parts.append(.text(String(decoding: bytes[start...], as: UTF8.self))) }
    self.parts = parts
  }

  /// Where `byte` occurs twice in a row, at or after `start`.
  private static func find(_ byte: UInt8, in bytes: [UInt8], from start: Int) -> Int? {
    var i = start
    while i + 1 < bytes.count {
      if bytes[i] == byte, bytes[i + 1] == byte { return i }
      i += 1
    }
    return nil
  }

  private static func placeholder(_ name: String, labels: [Transition.Label]) -> Placeholder? {
    if name.hasPrefix("labels.") {
      return labels.firstIndex { $0.name == name.dropFirst(7) }.map { .label($0) }
    }
    return names.first { $0.name == name }?.placeholder
  }

  /// The text with the values of `transition`.
  func text(for transition: Transition) -> String {
    var text = ""
    for part in parts {
      switch part {
      case .text(let literal): text += literal
      case .placeholder(let placeholder): text += Template.text(of: placeholder, in: transition)
      }
    }
    return text
  }

  static func text(of placeholder: Placeholder, in transition: Transition) -> String {
    switch placeholder {
    case .host: transition.subject
    case .rule: transition.rule
    case .metric: transition.metric
    case .severity: transition.severity.text
    case .status: transition.status.rawValue
    case .value: transition.value.textOfValue
    case .threshold: transition.threshold.textOfLimit
    case .since: transition.since.rfc3339
    case .timestamp: transition.timestamp.rfc3339
    case .label(let index): transition.labels[index].value
    }
  }
}

extension Severity {
  /// The word in configuration, transitions and texts for people.
  var text: String {
    switch self {
    case .warning: "warning"
    case .critical: "critical"
    }
  }
}
