import Platform

extension StreamDefinition {
  func countProblems() -> [StreamProblem] {
    if counts.isEmpty { return [] }
    if format == .none { return [noFields("count", "leave count out,")] }
    if let problem = tooMany(counts.count, Bounds.counts, "count", "counts") { return [problem] }
    return counts.flatMap { problems(of: $0) }
  }

  private func problems(of count: Count) -> [StreamProblem] {
    let path = ["count", count.name]
    var problems: [StreamProblem] = []
    switch (count.field, format) {
    case (_?, .text):
      problems.append(
        StreamProblem(
          path: path + ["field"], others: ["format"],
          message: "a text has no fields; leave field out, so that the condition looks at all of it, "
            + "or set format = \"json\""))
    case (nil, .json):
      problems.append(
        StreamProblem(
          path: path, others: ["format"],
          message: "field is missing; write the field that the condition looks at, or set format = \"text\""))
    case (let field?, _):
      if let problem = fieldProblem(field) { problems.append(StreamProblem(path: path + ["field"], message: problem)) }
    case (nil, _): break
    }
    if let problem = problem(of: count.condition) {
      problems.append(StreamProblem(path: path + [count.condition.key], message: problem))
    } else if format == .text, count.condition.isNumeric {
      problems.append(
        StreamProblem(
          path: path + [count.condition.key], others: ["format"],
          message: "a text is no number; write equals, contains or matches, or set format = \"json\""))
    }
    return problems
  }

  private func problem(of condition: Condition) -> String? {
    switch condition {
    case .equals: nil
    case .contains(let text): text.isEmpty ? "every text contains the empty one; write what to look for" : nil
    case .matches(let pattern):
      pattern.isEmpty
        ? "every text matches the empty expression; write what to look for" : problem(ofExpression: pattern)
    case .above(let limit), .below(let limit): limit.isFinite ? nil : "\(limit) is no limit: write a finite number"
    }
  }

  /// What is wrong with the names of the reading's numbers: rules find them by these.
  func numberProblems() -> [StreamProblem] {
    guard isBounded else { return [] }
    var problems: [StreamProblem] = []
    var places: [String: [String]] = [:]
    for (name, path) in numbers {
      let remedy = path.first == "measure" ? "leave this statistic out" : "choose another name"
      if let wrong = StreamDefinition.problem(ofNumber: name) {
        // All numbers of a part are wrong for the same reason, which is told once.
        let problem = StreamProblem(path: Array(path.prefix(2)), message: wrong)
        if problems.last != problem { problems.append(problem) }
      } else if StreamDefinition.ownFields.contains(name) {
        problems.append(StreamProblem(path: path, message: "readings have a field \(name) of their own; \(remedy)"))
      } else if let other = places[name] {
        let other = Printable.text(other.joined(separator: "."))
        problems.append(
          StreamProblem(path: path, message: "\(other) gives readings a number \(quoted(name)), too; \(remedy)"))
      } else {
        places[name] = path
      }
    }
    return problems
  }

  private var isBounded: Bool {
    counts.count <= Bounds.counts && measures.count <= Bounds.measures && distincts.count <= Bounds.distincts
  }

  /// The numbers of the reading that the definition adds, and the keys that they come from.
  private var numbers: [(name: String, path: [String])] {
    var numbers: [(name: String, path: [String])] = []
    for count in counts {
      numbers.append((count.name, ["count", count.name]))
      numbers.append((count.name + "_share", ["count", count.name]))
    }
    for measure in measures where fieldProblem(measure.field) == nil {
      var seen: Set<Statistic> = []
      for statistic in measure.statistics where seen.insert(statistic).inserted {
        let path = ["measure", measure.field, statistic.rawValue]
        numbers.append(("\(measure.field)_\(statistic.rawValue)", path))
      }
    }
    return numbers + distincts.map { ($0.name, ["distinct", $0.name]) }
  }

  private static func problem(ofNumber name: String) -> String? {
    if name.isEmpty { return "a number needs a name: rules watch it by that" }
    if name.utf8.count > Bounds.fieldName {
      return "a number's name may have at most \(Bounds.fieldName) bytes"
    }
    let isPrintable = !name.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }
    return isPrintable ? nil : "a number's name can't contain control characters"
  }
}

extension StreamDefinition.Condition {
  /// The key by which the file sets it.
  public var key: String {
    switch self {
    case .equals: "equals"
    case .contains: "contains"
    case .matches: "matches"
    case .above: "above"
    case .below: "below"
    }
  }

  /// Whether it looks at a number.
  public var isNumeric: Bool {
    switch self {
    case .above, .below: true
    case .equals, .contains, .matches: false
    }
  }
}
