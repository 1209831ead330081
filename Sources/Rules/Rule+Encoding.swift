import Records

/// The encoding of a whole rule in the changelog.
extension Rule {
  /// Fewer bytes than any rule needs.
  static let leastSize = 16

  private static let aggregates: [Aggregate] = [.last, .avg, .min, .max, .sum, .count, .stddev, .rate, .delta]

  func write(to writer: inout BinaryWriter) {
    writer.text(name)
    writer.text(metric)
    writer.optional(window) { $0.duration($1) }
    writer.byte(code(of: aggregate))
    writer.byte(side == .above ? 0 : 1)
    limits.write(to: &writer)
    clear.write(to: &writer)
    writer.duration(hold)
    writer.duration(keepFiringFor)
    writer.optional(atLeast) { writer, atLeast in
      writer.signed(Int64(atLeast.count))
      writer.signed(Int64(atLeast.of))
    }
    writer.byte(UInt8(NoData.allCases.firstIndex(of: noData) ?? 0))
    writer.optional(noDataAfter) { $0.duration($1) }
    writer.optional(repeatEvery) { $0.duration($1) }
    writer.count(match.count)
    for match in match {
      writer.text(match.field)
      writer.text(match.glob)
    }
    writer.count(labels.count)
    for label in labels {
      writer.text(label.name)
      writer.text(label.value)
    }
    writer.optional(summary) { $0.text($1) }
  }

  init(from reader: inout BinaryReader) throws(ChangelogProblem) {
    name = try reader.text("rule name")
    metric = try reader.text("metric")
    window = try reader.optional("window") { reader throws(ChangelogProblem) in try reader.duration() }
    aggregate = try Rule.aggregate(try reader.byte())
    switch try reader.byte() {
    case 0: side = .above
    case 1: side = .below
    default: throw .impossible("side")
    }
    limits = try Limits(from: &reader)
    clear = try Limits(from: &reader)
    hold = try reader.duration()
    keepFiringFor = try reader.duration()
    atLeast = try reader.optional("at_least") { reader throws(ChangelogProblem) in
      AtLeast(count: try Rule.small(&reader), of: try Rule.small(&reader))
    }
    let noData = Int(try reader.byte())
    guard NoData.allCases.indices.contains(noData) else { throw .impossible("no_data") }
    self.noData = NoData.allCases[noData]
    noDataAfter = try reader.optional("no_data_after") { reader throws(ChangelogProblem) in try reader.duration() }
    repeatEvery = try reader.optional("repeat_every") { reader throws(ChangelogProblem) in try reader.duration() }
    match = []
    for _ in 0..<(try reader.count(ofSize: 2)) {
      match.append(Match(field: try reader.text("match"), glob: try reader.text("match")))
    }
    labels = []
    for _ in 0..<(try reader.count(ofSize: 2)) {
      labels.append(Transition.Label(name: try reader.text("label"), value: try reader.text("label")))
    }
    summary = try reader.optional("summary") { reader throws(ChangelogProblem) in try reader.text("summary") }
  }

  /// A percentile is encoded as its number, the others as numbers above these.
  private func code(of aggregate: Aggregate) -> UInt8 {
    if case .percentile(let number) = aggregate { return UInt8(clamping: number) }
    return 100 + UInt8(Rule.aggregates.firstIndex(of: aggregate) ?? 0)
  }

  private static func aggregate(_ code: UInt8) throws(ChangelogProblem) -> Aggregate {
    if (1...99).contains(code) { return .percentile(Int(code)) }
    let place = Int(code) - 100
    guard aggregates.indices.contains(place) else { throw .impossible("aggregate") }
    return aggregates[place]
  }

  private static func small(_ reader: inout BinaryReader) throws(ChangelogProblem) -> Int {
    guard let number = Int32(exactly: try reader.signed()), number > 0 else { throw .impossible("at_least") }
    return Int(number)
  }
}

extension Rule.Limits {
  fileprivate func write(to writer: inout BinaryWriter) {
    writer.optional(warning) { $0.double($1) }
    writer.optional(critical) { $0.double($1) }
  }

  fileprivate init(from reader: inout BinaryReader) throws(ChangelogProblem) {
    warning = try reader.optional("limit") { reader throws(ChangelogProblem) in try reader.limit() }
    critical = try reader.optional("limit") { reader throws(ChangelogProblem) in try reader.limit() }
  }
}

extension BinaryWriter {
  fileprivate mutating func duration(_ duration: Duration) {
    signed(duration.components.seconds)
    signed(duration.components.attoseconds)
  }
}

extension BinaryReader {
  fileprivate mutating func limit() throws(ChangelogProblem) -> Double {
    let limit = try double()
    guard limit.isFinite else { throw .impossible("limit") }
    return limit
  }

  fileprivate mutating func duration() throws(ChangelogProblem) -> Duration {
    let seconds = try signed()
    let attoseconds = try signed()
    // Far more than a file can express, and far less than a `Duration` can hold.
    guard (0..<1 << 40).contains(seconds), (0..<1_000_000_000_000_000_000).contains(attoseconds) else {
      throw .impossible("duration")
    }
    return Duration(secondsComponent: seconds, attosecondsComponent: attoseconds)
  }
}
