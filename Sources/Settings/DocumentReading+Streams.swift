import Platform
import Streams

extension DocumentReading {
  /// Reads `[[stream]]`.
  func readStreams(_ node: Int) {
    readTables(node, of: "stream") { table, title in settings.streams.append(readStream(table, title: title)) }
  }

  private func readStream(_ table: Int, title: String) -> StreamDefinition {
    var stream = StreamDefinition(name: "", topics: [])
    var faulty = readKeys(
      of: table, title: title, "a stream", key: StreamKey.init, names: StreamKey.allCases.map(\.rawValue)
    ) { key, place in read(key, at: place, into: &stream) }
    // The rest of a table is checked all the same.
    faulty.subtract(StreamKey.allCases.filter(\.isTable).map(\.rawValue))
    for key in StreamKey.allCases where document.child(key.rawValue, of: table) == nil {
      if isPartial {
        // It may have been in a line that was left out.
        faulty.insert(key.rawValue)
      } else if key.isRequired {
        complain(at: document.nodes[table].position, "\(title): \(key.rawValue) is missing")
        faulty.insert(key.rawValue)
      }
    }
    for problem in stream.problems() {
      if problem.path.first.map(faulty.contains) ?? false || !faulty.isDisjoint(with: problem.others) { continue }
      let path = problem.path.map { DocumentReading.quoted($0) }
      // A topic is in the message already.
      let place = problem.path.first == "topics" ? "topics" : path.joined(separator: ".")
      complain(at: position(of: problem.path, in: table), "\(title): \(place): \(problem.message)")
    }
    return stream
  }

  private func read(_ key: StreamKey, at place: NamedValue, into stream: inout StreamDefinition) {
    switch key {
    case .name: stream.name = place.rawText("write a text in quotes") ?? ""
    case .topics: stream.topics = topics(place)
    case .interval: stream.interval = place.duration(StreamDefinition.Bounds.interval) ?? stream.interval
    case .format:
      let word = place.word(of: StreamDefinition.Format.allCases.map(\.rawValue))
      stream.format = word.flatMap(StreamDefinition.Format.init) ?? stream.format
    case .time: stream.time = place.rawText("write the name of a field in quotes")
    case .subject: stream.subject = place.rawText("write the name of a field in quotes")
    case .by:
      let field = place.rawText("write the name of a field in quotes, or \"\(StreamKey.recordKey)\"")
      stream.division = field.map { $0 == StreamKey.recordKey ? .key : .field($0) }
    case .isolation:
      let word = place.word(of: StreamKey.isolations.map(\.word))
      stream.readsCommitted = StreamKey.isolations.first { $0.word == word }?.readsCommitted ?? false
    case .count: stream.counts = entries(of: place) { count($0, named: $1) }
    case .measure: stream.measures = entries(of: place) { measure($0, of: $1) }
    case .distinct: stream.distincts = entries(of: place) { distinct($0, named: $1) }
    }
  }

  /// Names, and regular expressions.
  private func topics(_ place: NamedValue) -> [StreamDefinition.Topics] {
    let wanted = "write names of topics in brackets, as in topics = [\"orders\"]"
    guard case .array = document.nodes[place.node].value else {
      place.complainOfType(wanted)
      return []
    }
    return document.nodes[place.node].children.compactMap { child in
      let topic = NamedValue(reading: self, node: child, name: place.name)
      guard let text = topic.rawText(wanted) else { return nil }
      if text.hasPrefix("^") { return .pattern(text) }
      guard let problem = Names.problem(ofTopic: text) else { return .name(text) }
      let looksLikeExpression = text.contains { "*+?[](){}|^$\\".contains($0) }
      topic.complain(problem + (looksLikeExpression ? "; a regular expression begins with ^" : ""))
      return nil
    }
  }
}
