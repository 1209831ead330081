import Records

/// The encoding of a key's value in the changelog.
extension RuleKey {
  func write(_ rule: Rule, to writer: inout BinaryWriter) {
    switch value {
    case .text(let path, _): writer.text(rule[keyPath: path])
    case .stream:
      writer.optional(rule.stream) { writer, stream in
        writer.text(stream.stream)
        writer.optional(stream.field) { $0.text($1) }
      }
    case .optionalText(let path): writer.optional(rule[keyPath: path]) { $0.text($1) }
    case .duration(let path): writer.duration(rule[keyPath: path])
    case .optionalDuration(let path): writer.optional(rule[keyPath: path]) { $0.duration($1) }
    case .limits(on: .above):
      writer.byte(rule.side == .above ? 0 : 1)
      writer.limits(rule.limits)
    // Encoded with the other side.
    case .limits(on: .below): break
    case .optionalLimits(let path): writer.limits(rule[keyPath: path])
    case .aggregate: writer.byte(RuleKey.code(of: rule.aggregate))
    case .atLeast:
      writer.optional(rule.atLeast) { writer, atLeast in
        writer.signed(Int64(atLeast.count))
        writer.signed(Int64(atLeast.of))
      }
    case .noData: writer.byte(UInt8(Rule.NoData.allCases.firstIndex(of: rule.noData) ?? 0))
    case .match:
      writer.count(rule.match.count)
      for match in rule.match {
        writer.text(match.field)
        writer.text(match.glob)
      }
    case .labels:
      writer.count(rule.labels.count)
      for label in rule.labels {
        writer.text(label.name)
        writer.text(label.value)
      }
    }
  }

  func read(into rule: inout Rule, from reader: inout BinaryReader) throws(ChangelogProblem) {
    switch value {
    case .text(let path, _): rule[keyPath: path] = try reader.text(name)
    case .stream:
      rule.stream = try reader.optional(name) { reader throws(ChangelogProblem) in
        let stream = try reader.text(name)
        return StreamSubject(
          stream: stream,
          field: try reader.optional(name) { reader throws(ChangelogProblem) in try reader.text(name) })
      }
    case .optionalText(let path):
      rule[keyPath: path] = try reader.optional(name) { reader throws(ChangelogProblem) in try reader.text(name) }
    case .duration(let path): rule[keyPath: path] = try reader.duration()
    case .optionalDuration(let path):
      rule[keyPath: path] = try reader.optional(name) { reader throws(ChangelogProblem) in try reader.duration() }
    case .limits(on: .above):
      rule.side = try reader.bool("side") ? .below : .above
      rule.limits = try reader.limits()
    case .limits(on: .below): break
    case .optionalLimits(let path): rule[keyPath: path] = try reader.limits()
    case .aggregate: rule.aggregate = try RuleKey.aggregate(try reader.byte())
    case .atLeast:
      rule.atLeast = try reader.optional(name) { reader throws(ChangelogProblem) in
        Rule.AtLeast(count: try reader.small(name), of: try reader.small(name))
      }
    case .noData:
      let place = Int(try reader.byte())
      guard Rule.NoData.allCases.indices.contains(place) else { throw .impossible(name) }
      rule.noData = Rule.NoData.allCases[place]
    case .match:
      for _ in 0..<(try reader.count(ofSize: 2)) {
        rule.match.append(Rule.Match(field: try reader.text(name), glob: try reader.text(name)))
      }
    case .labels:
      for _ in 0..<(try reader.count(ofSize: 2)) {
        rule.labels.append(Transition.Label(name: try reader.text("label"), value: try reader.text("label")))
      }
    }
  }

  private static let aggregates: [Rule.Aggregate] = [
    .last, .avg, .min, .max, .sum, .count, .stddev, .rate, .delta,
  ]

  /// A percentile is encoded as its number, the others as numbers above these.
  private static func code(of aggregate: Rule.Aggregate) -> UInt8 {
    if case .percentile(let number) = aggregate { return UInt8(clamping: number) }
    return 100 + UInt8(aggregates.firstIndex(of: aggregate) ?? 0)
  }

  private static func aggregate(_ code: UInt8) throws(ChangelogProblem) -> Rule.Aggregate {
    if (1...99).contains(code) { return .percentile(Int(code)) }
    let place = Int(code) - 100
    guard aggregates.indices.contains(place) else { throw .impossible("aggregate") }
    return aggregates[place]
  }
}

extension BinaryWriter {
  fileprivate mutating func duration(_ duration: Duration) {
    signed(duration.components.seconds)
    signed(duration.components.attoseconds)
  }

  fileprivate mutating func limits(_ limits: Rule.Limits) {
    optional(limits.warning) { $0.double($1) }
    optional(limits.critical) { $0.double($1) }
  }
}

extension BinaryReader {
  fileprivate mutating func duration() throws(ChangelogProblem) -> Duration {
    let seconds = try signed()
    let attoseconds = try signed()
    // Far more than a file can express, and far less than a `Duration` can hold.
    guard (0..<1 << 40).contains(seconds), (0..<1_000_000_000_000_000_000).contains(attoseconds) else {
      throw .impossible("duration")
    }
    return Duration(secondsComponent: seconds, attosecondsComponent: attoseconds)
  }

  fileprivate mutating func limits() throws(ChangelogProblem) -> Rule.Limits {
    let warning = try optional("limit") { reader throws(ChangelogProblem) in try reader.limit() }
    return Rule.Limits(
      warning: warning, critical: try optional("limit") { reader throws(ChangelogProblem) in try reader.limit() })
  }

  private mutating func limit() throws(ChangelogProblem) -> Double {
    let limit = try double()
    guard limit.isFinite else { throw .impossible("limit") }
    return limit
  }

  /// A number from 1 to the greatest of 32 bits.
  fileprivate mutating func small(_ field: String) throws(ChangelogProblem) -> Int {
    guard let number = Int32(exactly: try signed()), number > 0 else { throw .impossible(field) }
    return Int(number)
  }
}
