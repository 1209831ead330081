import Platform
import Records
import Rules

extension DocumentReading {
  private static let longest = Duration.seconds(365 * 86_400)

  /// Reads the value of a rule's key into the rule, or complains.
  func read(_ key: RuleKey, at place: NamedValue, into rule: inout Rule) {
    switch key.value {
    case .text(let path, let wanted): rule[keyPath: path] = place.rawText(wanted) ?? ""
    case .stream: rule.stream = place.rawText("write the name of a stream in quotes").map { StreamSubject(stream: $0) }
    case .optionalText(let path): rule[keyPath: path] = place.rawText("write a text in quotes")
    case .duration(let path): rule[keyPath: path] = place.duration(.zero...DocumentReading.longest) ?? .zero
    case .optionalDuration(let path): rule[keyPath: path] = place.duration(.milliseconds(1)...DocumentReading.longest)
    case .limits(let side):
      rule.side = side
      rule.limits = limits(place)
    case .optionalLimits(let path): rule[keyPath: path] = limits(place)
    case .aggregate: rule.aggregate = aggregate(place) ?? .last
    case .atLeast: rule.atLeast = atLeast(place)
    case .noData:
      rule.noData = place.word(of: Rule.NoData.allCases.map(\.rawValue)).flatMap(Rule.NoData.init) ?? .keep
    case .match:
      rule.match = texts(place, "write a glob in quotes, as in match = { host = \"web-*\" }")
        .map { Rule.Match(field: $0.name, glob: $0.text) }
      checkGlobs(place)
    case .labels:
      rule.labels = texts(place, "write a text in quotes, as in labels = { team = \"infra\" }")
        .map { Transition.Label(name: $0.name, value: $0.text) }.sorted { $0.name < $1.name }
      checkLabels(place)
    }
  }
}

extension RuleKey {
  /// The key's value in a rule as TOML; nil if the key is left out.
  func written(of rule: Rule) -> String? {
    switch value {
    case .text(let path, _): Settings.quoted(rule[keyPath: path])
    case .stream: rule.stream.map { Settings.quoted($0.stream) }
    case .optionalText(let path): rule[keyPath: path].map { Settings.quoted($0) }
    case .duration(let path): Settings.quoted(rule[keyPath: path].text)
    case .optionalDuration(let path): rule[keyPath: path].map { Settings.quoted($0.text) }
    case .limits(let side): side == rule.side ? RuleKey.written(rule.limits) : nil
    case .optionalLimits(let path): rule[keyPath: path] == Rule.Limits() ? nil : RuleKey.written(rule[keyPath: path])
    case .aggregate: rule.aggregate == .last ? nil : Settings.quoted(rule.aggregate.word)
    case .atLeast: rule.atLeast.map { "\"\($0.count) of \($0.of)\"" }
    case .noData: Settings.quoted(rule.noData.rawValue)
    case .match:
      rule.match.isEmpty
        ? nil : Settings.inlineTable(rule.match.map { (Settings.quoted($0.field), Settings.quoted($0.glob)) })
    case .labels:
      rule.labels.isEmpty
        ? nil : Settings.inlineTable(rule.labels.map { (Settings.quoted($0.name), Settings.quoted($0.value)) })
    }
  }

  private static func written(_ limits: Rule.Limits) -> String {
    Settings.inlineTable(
      [("warning", limits.warning), ("critical", limits.critical)].compactMap { name, limit in
        limit.map { (name, String($0)) }
      })
  }
}
