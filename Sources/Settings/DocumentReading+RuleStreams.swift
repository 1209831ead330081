import Platform
import Records
import Rules
import Streams

/// Rules over the records of streams.
extension DocumentReading {
  /// Checks that each rule's stream is one whose records can be watched, and gives the rule what it must know of it.
  func checkRuleStreams() {
    var watched: [String: String] = [:]
    for (number, table) in ruleNodes.enumerated() where settings.rules.indices.contains(number) {
      guard let name = settings.rules[number].stream?.stream else { continue }
      let title = "rule \(DocumentReading.quoted(settings.rules[number].name)): stream"
      let position = position(of: ["stream"], in: table)
      guard let stream = settings.streams.first(where: { $0.name == name }) else {
        // It may have been in a line that was left out.
        if !isPartial { complain(at: position, "\(title): \(unknownStream(name))") }
        continue
      }
      settings.rules[number].stream?.field = stream.subject
      guard let topic = stream.onlyTopic else {
        complain(
          at: position,
          "\(title): \"\(name)\" isn't a single topic with a name, and a rule watches the records of one; define a stream "
            + "for each topic")
        continue
      }
      if stream.format != .json {
        complain(
          at: position,
          "\(title): \"\(name)\" has format \"\(stream.format.rawValue)\", and a rule watches a field; set format = \"json\""
        )
      } else if topic == settings.topics.status {
        complain(
          at: position, "\(title): \"\(name)\" is topics.status, which rules without stream watch; leave stream out")
      } else if let other = watched[topic], other != name {
        complain(
          at: position,
          "\(title): other rules watch the same topic, \"\(topic)\", as stream \"\(other)\"; name that one here")
      }
      watched[topic] = watched[topic] ?? name
    }
  }

  private func unknownStream(_ name: String) -> String {
    DocumentReading.missing("stream", name, settings.streams.map(\.name), ifNone: "define it under [[stream]]")
  }
}

extension StreamDefinition {
  /// The name of its topic; nil if there are several, or if an expression stands for them.
  public var onlyTopic: String? {
    if topics.count == 1, case .name(let name) = topics[0] { name } else { nil }
  }
}
