/// How the rules of a new set continue those of the old set that it replaces.
struct Succession {
  /// The old layout.
  let old: Layout
  /// The new one.
  let new: Layout
  /// For each new rule, the old one whose lives go on under it; nil if they all begin anew.
  let predecessors: [Int?]
  /// For each old rule, the new one of the same name.
  let successors: [Int?]

  init(from old: Layout, to rules: RuleSet) {
    self.old = old
    let oldPlaces = Succession.places(of: old.rules.rules)
    let newPlaces = Succession.places(of: rules.rules)
    let predecessors = rules.rules.map { rule in
      oldPlaces[rule.name].flatMap { old.rules.rules[$0].meansTheSame(as: rule) ? $0 : nil }
    }
    self.predecessors = predecessors
    successors = old.rules.rules.map { newPlaces[$0.name] }
    let groups = Succession.groups(of: rules.rules, from: old, predecessors)
    new = Layout(rules, groups: groups, numbers: old.numbers.next(predecessors: predecessors, groups: groups))
  }

  /// The first place of each name.
  private static func places(of rules: [Rule]) -> [String: Int] {
    Dictionary(rules.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  private struct TrackKey: Hashable {
    var rule: [UInt8]
    var oldTrack: Int?
  }

  /// Whether rules share a track: they must count the same records, from now on and until now, because a new rule has
  /// no last record yet. A rule that lost a level begins anew if that level fires, so it doesn't share its track with
  /// the others.
  private static func groups(of rules: [Rule], from old: Layout, _ predecessors: [Int?]) -> [[Int]] {
    Layout.groups(
      by: zip(rules, predecessors).map { rule, predecessor in
        guard let predecessor else { return TrackKey(rule: rule.trackKey, oldTrack: nil) }
        if old.rules.rules[predecessor].hasLevel(missingIn: rule) { return nil }
        return TrackKey(rule: rule.trackKey, oldTrack: old.trackOfSeries[old.seriesOfRule[predecessor]])
      })
  }

  /// Why the firing alert of the old rule `rule`, with severity `alert`, is resolved for a subject named `host`; nil if
  /// it goes on.
  func end(of rule: Int, firing alert: Level, host: UnsafeRawBufferPointer) -> RuleEnd? {
    guard let successor = successors[rule] else { return .removed }
    let series = new.seriesOfRule[successor]
    guard new.covers(new.trackOfSeries[series], host: host) else { return .removed }
    return predecessors[successor] == rule && new.series[series].has(alert) ? nil : .changed
  }

  /// The reason for resolving an alert whose rule is gone.
  enum RuleEnd { case removed, changed }

  /// The state with which the series `index` of the new layout continues from `state`.
  func state(of index: Int, from state: SeriesState, _ predecessor: Int) -> SeriesState {
    let before = old.series[old.seriesOfRule[predecessor]]
    let after = new.series[index]
    var state = state
    if state.level == .critical, !after.has(.critical) { state.level = before.has(.warning) ? .warning : .none }
    if state.level == .warning, !after.has(.warning) { state.level = .none }
    // Levels that were added or removed have no timers.
    if before.has(.warning) != after.has(.warning) { state.sinceWarning = SeriesState.unset }
    if before.has(.critical) != after.has(.critical) { state.sinceCritical = SeriesState.unset }
    if state.silence.resolved != .none, !after.has(state.silence.resolved) { state.silence = .unsaid }
    if state.isCalm { state.forgetTimers() }
    return state
  }
}

extension Rule {
  /// Whether lives go on when `other` replaces this rule.
  func meansTheSame(as other: Rule) -> Bool {
    RuleKey.all.allSatisfy { key in
      switch key.change {
      case .goesOn: true
      case .beginsAnew(let isSame): isSame(self, other)
      }
    }
  }

  /// Whether it has a level that `other` doesn't have.
  func hasLevel(missingIn other: Rule) -> Bool {
    limits.warning != nil && other.limits.warning == nil || limits.critical != nil && other.limits.critical == nil
  }
}
