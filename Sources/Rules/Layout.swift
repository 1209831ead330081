import Records

/// The series that watch the same metric under the same `match`, and so count the same records.
struct TrackPlan: BitwiseCopyable {
  /// The reader's slot of the metric.
  var slot: Int
  /// The first of its series, and their number.
  var firstSeries: Int
  var seriesCount: Int
  /// While all its series are quiet, a value from `low` to `high`, both included, changes nothing.
  var low, high: Double
  /// Whether it has globs on other fields than `host`, which must be checked for each record.
  var hasTextMatches: Bool
  /// Whether all its series have windows, so that every value changes something.
  var isWindowed: Bool
  /// Whether one of its series uses `no_data`.
  var watchesSilence: Bool

  /// The indices of its series.
  var series: Range<Int> { firstSeries..<(firstSeries + seriesCount) }
}

/// A glob over a string field.
struct TextMatch {
  /// The reader's slot of the field; nil if it has none, so that nothing matches.
  let slot: Int?
  let glob: Glob
}

/// A rule set as an engine uses it: which series share a track, and the layout of a subject's block.
final class Layout {
  let rules: RuleSet
  let tracks: UnsafeMutablePointer<TrackPlan>
  let trackCount: Int
  let series: UnsafeMutablePointer<SeriesPlan>
  let seriesCount: Int
  /// For each track, the globs on `host`, which are matched with the subject when it is first seen.
  let hostGlobs: [[Glob]]
  /// For each track, the other globs.
  let textMatches: [[TextMatch]]
  /// For each rule, its summary.
  let summaries: [Template?]
  /// For each rule, its series.
  let seriesOfRule: [Int]
  /// For each series, its track.
  let trackOfSeries: [Int]
  /// For each track, its number in the changelog.
  let trackNumbers: [UInt32]
  /// For each series, in the stretch of its track: the series of that track in the order of their lives' numbers.
  let seriesByLife: [Int]
  /// The tracks in the order of their lives' lowest numbers.
  let tracksByLife: [Int]
  /// The lives' numbers in their order, each with its series.
  private let lives: [(number: UInt32, series: Int)]
  /// Whether a rule uses `no_data`.
  let watchesSilence: Bool
  /// `forget_after`, in milliseconds.
  let forgetAfter: Int64
  /// Whether the records are those of a stream.
  let isOfStream: Bool
  /// How far behind a series' last record a record counts as simultaneous, in milliseconds.
  let tolerance: Int64
  /// The size of a block, in bytes.
  let blockSize: Int
  /// The numbers of rules and tracks in the changelog.
  let numbers: RuleNumbers

  /// Lays out `rules`; `groups` are the rules of each track, by their index.
  init(_ rules: RuleSet, groups: [[Int]], numbers: RuleNumbers) {
    self.numbers = numbers
    self.rules = rules
    trackCount = groups.count
    tracks = .allocate(capacity: max(1, trackCount))
    seriesCount = rules.rules.count
    series = .allocate(capacity: max(1, seriesCount))
    var seriesOfRule = Array(repeating: 0, count: rules.rules.count)
    var next = 0
    for (index, group) in groups.enumerated() {
      let plans = group.map { SeriesPlan(rules.rules[$0], at: $0) }
      (tracks + index).initialize(to: Layout.track(of: plans, rule: rules.rules[group[0]], first: next, rules))
      for plan in plans {
        (series + next).initialize(to: plan)
        seriesOfRule[plan.rule] = next
        next += 1
      }
    }
    self.seriesOfRule = seriesOfRule
    trackNumbers = groups.map { numbers.tracks[$0[0]] }
    let byLife = groups.map { group in
      group.sorted { numbers.lives[$0] < numbers.lives[$1] }.map { seriesOfRule[$0] }
    }
    seriesByLife = byLife.flatMap { $0 }
    let lowest = groups.map { group in group.map { numbers.lives[$0] }.min() ?? 0 }
    tracksByLife = groups.indices.sorted { lowest[$0] < lowest[$1] }
    lives = numbers.lives.enumerated().map { ($1, seriesOfRule[$0]) }.sorted { $0.number < $1.number }
    trackOfSeries = groups.indices.flatMap { Array(repeating: $0, count: groups[$0].count) }
    hostGlobs = groups.map { rules.rules[$0[0]].hostGlobs }
    textMatches = groups.map { group in
      rules.rules[group[0]].textMatches.map { TextMatch(slot: rules.plan.slot(of: $0.field), glob: Glob($0.glob)) }
    }
    summaries = rules.rules.map { rule in rule.summary.flatMap { try? Template($0, labels: rule.labels) } }
    watchesSilence = rules.rules.contains { $0.noData != .keep }
    forgetAfter = rules.bounds.forgetAfter.wholeMilliseconds
    isOfStream = rules.plan.form != .status
    tolerance = isOfStream ? Timelines.streamTolerance : 0
    blockSize = Subject.blockSize(tracks: groups.count, watchesSilence: watchesSilence)
  }

  deinit {
    tracks.deallocate()
    series.deallocate()
  }

  /// The tracks of a rule set without predecessor: rules that count the same records share one; those with windows have
  /// another.
  static func groups(of rules: [Rule]) -> [[Int]] {
    Layout.groups(by: rules.map { $0.trackKey })
  }

  /// Groups the places of equal keys, in the order of their first ones; nil equals no key.
  static func groups<Key: Hashable>(by keys: [Key?]) -> [[Int]] {
    var groups: [[Int]] = []
    var groupOfKey: [Key: Int] = [:]
    for (place, key) in keys.enumerated() {
      if let key, let group = groupOfKey[key] {
        groups[group].append(place)
      } else {
        if let key { groupOfKey[key] = groups.count }
        groups.append([place])
      }
    }
    return groups
  }

  private static func track(of plans: [SeriesPlan], rule: Rule, first: Int, _ rules: RuleSet) -> TrackPlan {
    var track = TrackPlan(
      slot: rules.plan.slot(of: rule.metric) ?? -1, firstSeries: first, seriesCount: plans.count, low: -.infinity,
      high: .infinity, hasTextMatches: !rule.textMatches.isEmpty, isWindowed: rule.isWindowed,
      watchesSilence: plans.contains { $0.watchesSilence })
    if track.isWindowed { (track.low, track.high) = (.infinity, -.infinity) }
    for plan in plans where !track.isWindowed {
      for limit in [plan.warning, plan.critical] where !limit.isNaN {
        if plan.sign > 0 { track.high = min(track.high, limit) } else { track.low = max(track.low, -limit) }
      }
    }
    return track
  }

  /// The series of the rule whose life has this number; nil if no current rule has it.
  func series(ofLife number: UInt32) -> Int? {
    var low = 0
    var high = lives.count
    while low < high {
      let middle = (low + high) / 2
      if lives[middle].number < number { low = middle + 1 } else { high = middle }
    }
    return low < lives.count && lives[low].number == number ? lives[low].series : nil
  }

  /// Whether the globs on `host` of this track match the subject.
  func covers(_ track: Int, host: UnsafeRawBufferPointer) -> Bool { hostGlobs[track].allSatisfy { $0.matches(host) } }
}

extension Rule {
  /// The globs that the subject must match.
  var hostGlobs: [Glob] { match.filter { $0.field == "host" }.map { Glob($0.glob) } }

  /// The globs on other fields, in an order that doesn't depend on how they were written.
  var textMatches: [Match] {
    match.filter { $0.field != "host" }.sorted { ($0.field, $0.glob) < ($1.field, $1.glob) }
  }

  /// Whether its value is computed from several samples.
  var isWindowed: Bool { WindowPlan(self).kind != .none }

  /// A key that is equal for rules that count the same records of the same subjects, and all have windows or all have
  /// none.
  var trackKey: [UInt8] {
    var writer = BinaryWriter()
    writer.byte(isWindowed ? 1 : 0)
    writer.text(metric)
    let globs = match.map { ($0.field, $0.glob) }.sorted { a, b in
      a.0.utf8.elementsEqual(b.0.utf8)
        ? a.1.utf8.lexicographicallyPrecedes(b.1.utf8) : a.0.utf8.lexicographicallyPrecedes(b.0.utf8)
    }
    for (field, glob) in globs {
      writer.text(field)
      writer.text(glob)
    }
    return writer.bytes
  }
}
