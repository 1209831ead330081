import JSON
import Platform
import Records

extension Rule {
  /// The maximum size of key and value of an alert of this rule, in bytes, with the longest possible names of subject
  /// and topic.
  public var greatestTransitionSize: Int {
    let longest = String(repeating: "\"", count: RecordReader.maxSubject)
    let time = WallTime(milliseconds: 1_767_225_600_000)
    let transition = Transition(
      timestamp: time, status: .resolved, severity: .critical, rule: name, subject: longest, metric: metric,
      value: -.greatestFiniteMagnitude, threshold: -.greatestFiniteMagnitude, since: time, previous: .inactive,
      reason: .ruleRemoved, repeat: .max, labels: labels,
      source: SourcePosition(topic: String(repeating: "t", count: 249), partition: .max, offset: .max))
    var writer = Writer()
    transition.encode(into: &writer)
    var size = transition.key.utf8.count + writer.bytes.count
    if let summary, let template = try? Template(summary, labels: labels) {
      size += #","summary":"#.utf8.count + template.encodedSize(for: transition)
    }
    return size
  }
}

extension Template {
  /// The size of the text in JSON, in bytes, with the values of `transition`. Computed without making the text, because
  /// it may name a long label a million times.
  fileprivate func encodedSize(for transition: Transition) -> Int {
    var sizes: [Placeholder: Int] = [:]
    return parts.reduce(2) { sum, part in
      switch part {
      case .text(let literal):
        return sum + Template.encodedSize(of: literal)
      case .placeholder(let place):
        let size = sizes[place] ?? Template.encodedSize(of: Template.text(of: place, in: transition))
        sizes[place] = size
        return sum + size
      }
    }
  }

  /// Without the quotation marks.
  private static func encodedSize(of text: String) -> Int {
    var writer = Writer()
    writer.string(text)
    return writer.bytes.count - 2
  }
}
