import Platform
import Records

@testable import Rules

/// A slow, obvious engine for one partition, the reference for the real one.
struct ReferenceEngine {
  private struct Key: Hashable {
    var rule: String
    var subject: String
  }

  private var rules: [Rule]
  private var series: [Key: ReferenceSeries] = [:]
  private var subjects: [String] = []
  private(set) var repeated = 0
  private(set) var late = 0
  private(set) var setBacks: [Happening] = []
  /// Happenings about falling sequence numbers and shared names, each once for a subject.
  private(set) var oddNumbers: [Happening] = []
  private(set) var numbersFell = 0
  private var fell = Set<String>()
  private var shared = Set<String>()
  private var lastTurn: [String: UInt64] = [:]
  private(set) var bad: [String: Int] = [:]

  static let topic = "status_topic"
  static let partition: Int32 = 3

  private let bounds: RuleSet.Bounds
  /// The wall clock.
  private var now: Int64 = 0
  /// When a sign of life of each series was last read.
  private var signs: [Key: Int64] = [:]
  /// The log's time now, and at each subject's last record.
  private var logTime: Int64 = -1
  private var seen: [String: Int64] = [:]

  init(_ rules: [Rule], bounds: RuleSet.Bounds) {
    self.rules = rules
    self.bounds = bounds
  }

  /// The numbers of firing and pending alerts.
  var counts: (firing: Int, pending: Int) {
    let lives = series.values.map(\.life)
    return (lives.filter { $0.alert > 0 }.count, lives.filter { $0.alert == 0 && $0.level > 0 }.count)
  }

  mutating func apply(_ record: PlainRecord, offset: Int64) -> [Transition] {
    logTime = max(logTime, record.kafkaTime)
    var transitions: [Transition] = []
    for (subject, time) in seen where time < 0 { seen[subject] = logTime }
    for (subject, time) in seen where logTime - time >= bounds.forgetAfter.wholeMilliseconds {
      transitions += forget(subject)
    }
    if !subjects.contains(record.host) { subjects.append(record.host) }
    seen[record.host] = logTime
    var verdicts: [ReferenceSeries.Verdict] = []
    var setBackBy: Int64?
    var fellFrom: Int64?
    var takesTurns = false
    for rule in rules where covers(rule, record) {
      if record.notNumbers[rule.metric] != nil, record.numbers[rule.metric] == nil { bad[rule.name, default: 0] += 1 }
      guard let value = record.numbers[rule.metric] else { continue }
      let key = Key(rule: rule.name, subject: record.host)
      var one = series[key] ?? ReferenceSeries(rule, maxSamples: bounds.maxSamples)
      let found = one.take(record, offset: offset, value: value)
      let verdict = found.verdict
      series[key] = one
      verdicts.append(verdict)
      if verdict != .repeated { signs[key] = now }
      if verdict == .countsAsSetBack { setBackBy = max(setBackBy ?? 0, found.behind) }
      if let last = found.numbersFellFrom { fellFrom = max(fellFrom ?? 0, last) }
      takesTurns = takesTurns || found.takesTurns
      guard verdict.isCounted, let change = one.life.change else { continue }
      transitions.append(
        transition(rule, record.host, change, one.life.x ?? value, one.lastTime ?? record.time, offset, nil))
    }
    if verdicts.contains(where: { [.repeated, .lateAndOld, .oldNumber].contains($0) }) { repeated += 1 }
    if verdicts.contains(.late) { late += 1 }
    if let fellFrom { noteNumbersFell(record, from: fellFrom, offset) }
    if takesTurns { noteTurn(record, offset) }
    if let setBackBy { setBacks.append(.clockSetBack(subject: record.host, by: setBackBy, offset: offset)) }
    return transitions
  }

  private mutating func noteNumbersFell(_ record: PlainRecord, from last: Int64, _ offset: Int64) {
    numbersFell += 1
    guard fell.insert(record.host).inserted else { return }
    let boot = "boot-\(record.boot)"
    oddNumbers.append(
      .numbersFell(subject: record.host, boot: boot, from: last, to: record.sequence, offset: offset))
  }

  /// Reports a shared name when the second of two producers takes a turn.
  private mutating func noteTurn(_ record: PlainRecord, _ offset: Int64) {
    if shared.contains(record.host) { return }
    if let other = lastTurn[record.host], other != record.boot {
      shared.insert(record.host)
      let boots = ["boot-\(other)", "boot-\(record.boot)"]
      oddNumbers.append(.sharedName(subject: record.host, boots: boots, offset: offset))
    }
    lastTurn[record.host] = record.boot
  }

  /// Step 9. The transitions come in no particular order.
  mutating func replaceRules(_ next: [Rule]) -> [Transition] {
    var transitions: [Transition] = []
    for old in rules {
      for subject in subjects {
        let key = Key(rule: old.name, subject: subject)
        guard let one = series[key] else { continue }
        let new = next.first { $0.name == old.name }
        let life = one.life
        if let new, coversHost(new, subject), meansTheSame(old, new), hasLevel(new, life.alert) {
          series[key]?.rewrite(new)
          continue
        }
        series[key] = nil
        let isCovered = new.map { coversHost($0, subject) } ?? false
        if life.alert > 0 { transitions += [end(one, old, subject, isCovered ? .ruleChanged : .ruleRemoved)] }
      }
    }
    if rules.allSatisfy({ $0.noData == .keep }) { signs = signs.mapValues { _ in now } }
    rules = next
    return transitions
  }

  /// Step 8, at `now` on the wall clock, for a partition that has been held and read to its end since `since`.
  mutating func silence(at now: Int64, since: Int64) -> [Transition] {
    self.now = now
    var transitions: [Transition] = []
    for rule in rules where rule.noData != .keep {
      for subject in subjects {
        let key = Key(rule: rule.name, subject: subject)
        guard var one = series[key], let last = one.last, now - max(since, signs[key] ?? 0) >= 3000 else { continue }
        let life = one.life
        let allowed = life.noDataAfter
        guard life.silence == nil, now - max(since, signs[key] ?? 0) >= allowed else { continue }
        one.fallSilent(after: allowed)
        series[key] = one
        guard let change = one.life.change else { continue }
        let value = one.life.x ?? last.value
        transitions.append(transition(rule, subject, change, value, last.record.time + allowed, last.offset, .noData))
      }
    }
    return transitions
  }

  /// Step 10.
  mutating func forget(_ subject: String) -> [Transition] {
    var transitions: [Transition] = []
    seen[subject] = nil
    (lastTurn[subject], _, _) = (nil, fell.remove(subject), shared.remove(subject))
    for rule in rules {
      let one = series.removeValue(forKey: Key(rule: rule.name, subject: subject))
      if let one, one.life.alert > 0 { transitions.append(end(one, rule, subject, .forgotten)) }
    }
    return transitions
  }

  private func end(_ one: ReferenceSeries, _ rule: Rule, _ subject: String, _ reason: Transition.Reason) -> Transition {
    let (life, time) = (one.life, one.lastTime ?? 0)
    let change = ReferenceSeries.Change(
      from: life.alert, to: 0, since: life.unheldSince ?? time, severity: life.alert)
    return transition(rule, subject, change, life.x ?? one.last?.value ?? 0, time, one.last?.offset ?? 0, reason)
  }

  private func transition(
    _ rule: Rule, _ subject: String, _ change: ReferenceSeries.Change, _ value: Double, _ time: Int64, _ offset: Int64,
    _ reason: Transition.Reason?
  ) -> Transition {
    let severity: Severity = change.severity == 2 ? .critical : .warning
    return Transition(
      timestamp: WallTime(milliseconds: time), status: change.to == 0 ? .resolved : .firing, severity: severity,
      rule: rule.name, subject: subject, metric: rule.metric, value: value, threshold: rule.limits[severity] ?? .nan,
      since: WallTime(milliseconds: change.since), previous: change.from == 0 ? .inactive : .firing, reason: reason,
      repeat: change.repeat, labels: rule.labels,
      source: SourcePosition(topic: ReferenceEngine.topic, partition: ReferenceEngine.partition, offset: offset))
  }

  // MARK: Matching records and rules

  private func covers(_ rule: Rule, _ record: PlainRecord) -> Bool {
    rule.match.allSatisfy { match in
      let text = match.field == "host" ? record.host : record.texts[match.field]
      return text.map { ReferenceEngine.glob(Array(match.glob)[...], Array($0)[...]) } ?? false
    }
  }

  private func coversHost(_ rule: Rule, _ host: String) -> Bool {
    rule.match.allSatisfy { $0.field != "host" || ReferenceEngine.glob(Array($0.glob)[...], Array(host)[...]) }
  }

  static func glob(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == "*" {
      return glob(pattern.dropFirst(), text) || !text.isEmpty && glob(pattern, text.dropFirst())
    }
    guard let letter = text.first, first == "?" || first == letter else { return false }
    return glob(pattern.dropFirst(), text.dropFirst())
  }

  private func meansTheSame(_ a: Rule, _ b: Rule) -> Bool {
    a.metric == b.metric && a.side == b.side && a.window == b.window && a.aggregate == b.aggregate
      && a.atLeast == b.atLeast
  }

  private func hasLevel(_ rule: Rule, _ level: Int) -> Bool {
    switch level {
    case 1: rule.limits.warning != nil
    case 2: rule.limits.critical != nil
    default: true
    }
  }
}
