import Platform

extension StreamDefinition {
  /// Everything that is wrong with this stream by itself; empty if it can be used.
  ///
  /// Whether Kafka has topics of these names, and whose they are, the configuration knows.
  public func problems() -> [StreamProblem] {
    nameProblems() + topicProblems() + intervalProblems() + timeProblems() + subjectProblems() + divisionProblems()
      + countProblems()
      + measureProblems() + distinctProblems() + numberProblems()
  }

  private func nameProblems() -> [StreamProblem] {
    let fits = (1...Bounds.name).contains(name.utf8.count) && name.hasOnlyNameBytes
    if fits, !StreamDefinition.reservedNames.contains(name) { return [] }
    let message =
      name.isEmpty
      ? "a stream needs a name: it is the subject of its readings"
      : fits
        ? "\(quoted(name)) is reserved for other readings; give the stream another name"
        : "\(quoted(name)) is no name for a stream: use 1 to \(Bounds.name) letters, digits, dots, underscores and hyphens"
    return [StreamProblem(path: ["name"], message: message)]
  }

  private func topicProblems() -> [StreamProblem] {
    if topics.isEmpty {
      return [StreamProblem(path: ["topics"], message: "a stream needs a topic: write topics = [\"orders\"]")]
    }
    if let problem = tooMany(topics.count, Bounds.topics, "topics", "topics and expressions") { return [problem] }
    var seen: Set<Topics> = []
    return topics.flatMap { topic in
      let problem =
        switch topic {
        case .name(let name) where name.hasPrefix("__"): "topics that begin with __ are Kafka's own; leave it out"
        case .name: String?.none
        case .pattern(let pattern): problem(ofExpression: pattern)
        }
      let messages = [problem, seen.insert(topic).inserted ? nil : "it is there twice; leave one of them out"]
      return messages.compactMap { $0 }.map {
        StreamProblem(path: ["topics", topic.text], message: "\(quoted(topic.text)): \($0)")
      }
    }
  }

  private func intervalProblems() -> [StreamProblem] {
    let problem: String? =
      if interval < Bounds.interval.lowerBound {
        "that is too short: the minimum is \(Bounds.interval.lowerBound.text)"
      } else if interval > Bounds.interval.upperBound {
        "that is too long: the maximum is \(Bounds.interval.upperBound.text)"
      } else if interval.components.attoseconds != 0 {
        "\(interval.text) isn't a whole number of seconds; write \"\(Duration.seconds(interval.components.seconds + 1).text)\""
      } else {
        nil
      }
    return problem.map { [StreamProblem(path: ["interval"], message: $0)] } ?? []
  }

  private func subjectProblems() -> [StreamProblem] {
    guard let subject else { return [] }
    if format != .json { return [noFields("subject", "leave subject out,")] }
    return fieldProblem(subject).map { [StreamProblem(path: ["subject"], message: $0)] } ?? []
  }

  private func timeProblems() -> [StreamProblem] {
    guard let time else { return [] }
    if format != .json { return [noFields("time", "leave time out,")] }
    return fieldProblem(time).map { [StreamProblem(path: ["time"], message: $0)] } ?? []
  }

  private func divisionProblems() -> [StreamProblem] {
    guard case .field(let field) = division else { return [] }
    if format != .json { return [noFields("by", "leave by out, write by = \"key\",")] }
    return fieldProblem(field).map { [StreamProblem(path: ["by"], message: $0)] } ?? []
  }

  private func measureProblems() -> [StreamProblem] {
    if measures.isEmpty { return [] }
    if format != .json { return [noFields("measure", "leave measure out,")] }
    if let problem = tooMany(measures.count, Bounds.measures, "measure", "measured fields") { return [problem] }
    var fields: Set<String> = []
    return measures.flatMap { measure in
      let path = ["measure", measure.field]
      if let problem = fieldProblem(measure.field) { return [StreamProblem(path: path, message: problem)] }
      if !fields.insert(measure.field).inserted {
        return [StreamProblem(path: path, message: "it is there twice; write all its statistics in one list")]
      }
      if measure.statistics.isEmpty {
        let words = Statistic.allCases.map(\.rawValue).joined(separator: ", ")
        return [StreamProblem(path: path, message: "it has no statistic: write some of \(words)")]
      }
      var seen: Set<Statistic> = []
      return measure.statistics.filter { !seen.insert($0).inserted }.map {
        StreamProblem(path: path + [$0.rawValue], message: "\($0.rawValue) is there twice; leave one of them out")
      }
    }
  }

  private func distinctProblems() -> [StreamProblem] {
    if distincts.isEmpty { return [] }
    if format != .json { return [noFields("distinct", "leave distinct out,")] }
    if let problem = tooMany(distincts.count, Bounds.distincts, "distinct", "distinct counts") { return [problem] }
    return distincts.flatMap { distinct in
      let path = ["distinct", distinct.name]
      let field = fieldProblem(distinct.field).map { StreamProblem(path: path + ["field"], message: $0) }
      return [field, overProblem(distinct, path + ["over"])].compactMap { $0 }
    }
  }

  private func overProblem(_ distinct: Distinct, _ path: [String]) -> StreamProblem? {
    let over = distinct.over
    if over > Bounds.over {
      return StreamProblem(path: path, message: "that is too long: the maximum is \(Bounds.over.text)")
    }
    guard intervalProblems().isEmpty else { return nil }
    let step = interval.wholeMilliseconds
    let isWhole = over == .milliseconds(over.wholeMilliseconds)
    if isWhole, over >= interval, over.wholeMilliseconds % step == 0 { return nil }
    let next = (max(0, over.wholeMilliseconds) / step + 1) * step
    let best = next <= Bounds.over.wholeMilliseconds ? next : next - step
    return StreamProblem(
      path: path, others: ["interval"],
      message: "\(over.text) isn't a multiple of the interval, \(interval.text); "
        + "write \"\(Duration.milliseconds(best).text)\"")
  }

  /// What is wrong with the name of a field; nil if nothing is.
  func fieldProblem(_ field: String) -> String? {
    if field.isEmpty { return "a field needs a name" }
    return field.utf8.count > Bounds.fieldName ? "a field's name may have at most \(Bounds.fieldName) bytes" : nil
  }

  /// The key needs fields, which the format doesn't have.
  func noFields(_ key: String, _ remedy: String) -> StreamProblem {
    let why = format == .text ? "a text has no fields" : "with format = \"none\" records are only counted"
    return StreamProblem(path: [key], others: ["format"], message: "\(why); \(remedy) or set format = \"json\"")
  }

  /// There are more parts than a stream can have; nil if there aren't.
  func tooMany(_ count: Int, _ most: Int, _ key: String, _ what: String) -> StreamProblem? {
    count <= most
      ? nil : StreamProblem(path: [key], message: "a stream has at most \(most) \(what), and these are \(count)")
  }

  /// Why PCRE2 refuses the expression; nil if it doesn't.
  func problem(ofExpression pattern: String) -> String? { Expression.problem(of: pattern)?.sentence }

  func quoted(_ text: String) -> String { "\"\(Printable.text(String(text.unicodeScalars.prefix(100))))\"" }
}

extension StreamDefinition.Topics {
  /// As the file writes it.
  public var text: String {
    switch self {
    case .name(let text), .pattern(let text): text
    }
  }
}
