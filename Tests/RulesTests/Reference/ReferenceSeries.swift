import Platform
import Records

@testable import Rules

/// One rule's view of one subject, written only from the text of `docs/rules.md`. It keeps every record, and computes
/// everything from them again at each step.
struct ReferenceSeries {
  /// How a record was classified.
  enum Verdict: Equatable {
    case counts, countsAsSetBack
    /// A repeat of the last record, by its time.
    case repeated
    case late
    /// Late, with a sequence number that isn't new.
    case lateAndOld
    /// A record without its own time whose sequence number isn't new.
    case oldNumber

    var isCounted: Bool { self == .counts || self == .countsAsSetBack }
  }

  /// The results of taking a record.
  struct Finding {
    var verdict: Verdict
    /// The lateness of the first record in the row of late ones that ends here; 0 if there is no row.
    var behind: Int64
    /// The boot's last sequence number if the record counts although its own isn't above that; else nil.
    var numbersFellFrom: Int64?
    /// Whether two boots have taken turns at least three times.
    var takesTurns: Bool
  }

  /// An event in the life of the series.
  enum Event {
    case record(PlainRecord, offset: Int64, value: Double, Verdict)
    /// The rule changes.
    case rule(Rule)
    /// The series was silent for this many milliseconds.
    case silence(Int64)
  }

  /// The life after all events so far.
  struct Life {
    var level = 0
    var alert = 0
    /// The change by the last event; nil if it changed nothing.
    var change: Change?
    /// The time of the last transition, and its `since`. A clock set back moves the time.
    var changed: (time: Int64, since: Int64)?
    /// Since when the firing level has been unheld; nil while it is held.
    var unheldSince: Int64?
    /// While it is silent and undecided: the severity that was resolved because of that, or 0. Else nil.
    var silence: Int?
    /// The current `no_data_after`.
    var noDataAfter: Int64 = 60_000
    /// The last value that the rule looked at.
    var x: Double?
    /// The time of that record.
    var xTime = Int64.min
  }

  /// A change of the alert, or a reminder.
  struct Change {
    var from: Int
    var to: Int
    var since: Int64
    var severity: Int
    var `repeat`: Int64?
  }

  private(set) var events: [Event]
  /// The maximum number of samples in a window.
  private let maxSamples: Int

  init(_ rule: Rule, maxSamples: Int) {
    events = [.rule(rule)]
    self.maxSamples = maxSamples
  }

  mutating func fallSilent(after: Int64) { events.append(.silence(after)) }

  mutating func rewrite(_ rule: Rule) { events.append(.rule(rule)) }

  // MARK: step 1

  /// Takes a record and returns the results.
  mutating func take(_ taken: PlainRecord, offset: Int64, value: Double) -> Finding {
    let record = settled(taken)
    let last = isNumbered(record) ? lastSequence(of: record.boot) : nil
    let isOld = last.map { record.sequence <= $0 } ?? false
    let verdict = verdict(on: record, isOld: isOld)
    let first = row(of: verdict == .countsAsSetBack && isOld && !record.ownTime ? .numbers(record.boot) : .times).first
    let behind = max(0, first.map { (lastTime ?? 0) - $0.time } ?? 0)
    events.append(.record(record, offset: offset, value: value, verdict))
    return Finding(
      verdict: verdict, behind: behind, numbersFellFrom: isOld && verdict.isCounted ? last : nil,
      takesTurns: isNumbered(record) && turns >= 3)
  }

  /// A record of a stream that was overtaken by less than a minute counts at the last one's time.
  private func settled(_ record: PlainRecord) -> PlainRecord {
    guard isOfStream, let last = lastTime, record.time < last, last - record.time <= 60_000 else { return record }
    var record = record
    record.time = last
    return record
  }

  private var isOfStream: Bool {
    for case .rule(let rule) in events.reversed() { return rule.stream != nil }
    return false
  }

  private func isNumbered(_ record: PlainRecord) -> Bool { record.boot != 0 && record.sequence >= 0 }

  private func verdict(on record: PlainRecord, isOld: Bool) -> Verdict {
    guard let last = lastTime else { return .counts }
    if isOld, !record.ownTime {
      guard numbersBeginAnew(with: record) else { return .oldNumber }
      return record.time < last ? .countsAsSetBack : .counts
    }
    if record.time > last { return .counts }
    if record.time == last { return record.ownTime ? .repeated : .counts }
    let row = row(of: .times)
    if let lastLate = row.last, lastLate.time == record.time, record.ownTime { return .repeated }
    if row.count >= 2 {
      let first = row[row.count - 2]
      let rises = first.time < row[row.count - 1].time && row[row.count - 1].time < record.time
      let isKnown = first.kafkaTime >= 0 && record.kafkaTime >= 0
      // The records of a stream that was away may come at once: they must span ten minutes.
      let isLong = !isOfStream || record.time - row[0].time >= 600_000
      if isLong, rises, isKnown, 2 * (record.kafkaTime - first.kafkaTime) >= record.time - first.time {
        return .countsAsSetBack
      }
    }
    return isOld ? .lateAndOld : .late
  }

  /// A boot's last sequence number, above which numbers are new. A record that counts sets it, others only raise it.
  private func lastSequence(of boot: UInt64) -> Int64? {
    var last: Int64?
    for one in records where one.record.boot == boot && one.record.sequence >= 0 {
      last = one.verdict.isCounted ? one.record.sequence : max(last ?? 0, one.record.sequence)
    }
    return last
  }

  /// Whether the row ends, this record included, with at least three records that rise in number and Kafka time, fast
  /// enough for newly produced ones.
  private func numbersBeginAnew(with record: PlainRecord) -> Bool {
    var rising = [record]
    for earlier in row(of: .numbers(record.boot)).reversed() {
      guard earlier.sequence < rising[0].sequence, earlier.time < rising[0].time else { break }
      rising.insert(earlier, at: 0)
    }
    if rising.count < 3 { return false }
    let took = record.time - rising[0].time
    let usual = Double(record.sequence - rising[0].sequence) * Double(usualGap(countedTimes) ?? 0)
    return took >= 60_000 || 2 * Double(took) >= usual
  }

  /// How often in a row the boot has changed to a known one with a new sequence number, if the last record changed it.
  private var turns: Int {
    var last: [UInt64: Int64] = [:]
    var current: UInt64 = 0
    var turns = 0
    var isChange = false
    for one in records where isNumbered(one.record) {
      let (boot, sequence) = (one.record.boot, one.record.sequence)
      isChange = boot != current
      if isChange { turns = last[boot].map { sequence > $0 } ?? false ? turns + 1 : 0 }
      last[boot] = one.verdict.isCounted ? sequence : max(last[boot] ?? 0, sequence)
      current = boot
    }
    return isChange ? turns : 0
  }

  private enum RowKind: Equatable {
    case times
    case numbers(UInt64)
  }

  /// The latest run of consecutive ignored records of a kind.
  private func row(of kind: RowKind) -> [PlainRecord] {
    var row: [PlainRecord] = []
    for (record, _, _, verdict) in records.reversed() {
      if verdict.isCounted { break }
      if verdict == .repeated {
        // It repeats the last record, or the last late one.
        if record.time == lastTime { break }
        continue
      }
      let own: RowKind = verdict == .oldNumber ? .numbers(record.boot) : .times
      if own != kind { break }
      row.insert(record, at: 0)
    }
    return row
  }

  // MARK: Records that counted

  private var records: [(record: PlainRecord, offset: Int64, value: Double, verdict: Verdict)] {
    events.compactMap { event in
      guard case .record(let record, let offset, let value, let verdict) = event else { return nil }
      return (record, offset, value, verdict)
    }
  }

  /// The last record that counted.
  var last: (record: PlainRecord, offset: Int64, value: Double, verdict: Verdict)? {
    records.last { $0.verdict.isCounted }
  }

  var lastTime: Int64? { last?.record.time }

  private var countedTimes: [Int64] { records.filter { $0.verdict.isCounted }.map(\.record.time) }

  // MARK: steps 2 to 7

  /// One record with a value, as the steps after the third see it.
  private struct Point {
    var time: Int64
    var level: Int
    /// Whether the timers start here.
    var anew: Bool
    /// Levels that a rule change added or removed since the last point. Their timers start here.
    var newLevels: Set<Int>
  }

  /// The state while going through the events.
  private struct Past {
    var rule: Rule
    /// Times of all records that counted.
    var times: [Int64] = []
    /// All values that may be in the window.
    var samples: [ReferenceSample] = []
    /// The level of each single value.
    var levels: [Int] = []
    var points: [Point] = []
    var newLevels: Set<Int> = []
    /// Whether the timers start at the next value.
    var startsAnew = false
  }

  /// The whole life, from the first event to the last.
  var life: Life {
    var life = Life()
    guard case .rule(let first) = events[0] else { return life }
    var past = Past(rule: first)
    for event in events.dropFirst() {
      life.change = nil
      switch event {
      case .rule(let next): change(&life, &past, to: next)
      case .record(let record, _, let value, let verdict):
        if verdict.isCounted {
          take(record.time, value, isSetBack: verdict == .countsAsSetBack, &life, &past)
        }
      case .silence(let after): fallSilent(after, &life, &past)
      }
    }
    life.noDataAfter = past.rule.noDataAfter?.wholeMilliseconds ?? usualHole(past.times)
    if life.alert > 0, !past.startsAnew { life.unheldSince = since(past.points, level: life.alert, held: false) }
    return life
  }

  private func change(_ life: inout Life, _ past: inout Past, to next: Rule) {
    past.newLevels.formUnion(levels(of: next).symmetricDifference(levels(of: past.rule)))
    past.levels = past.levels.map { level($0, of: past.rule, under: next) }
    life.level = level(life.level, of: past.rule, under: next)
    if let silence = life.silence, !levels(of: next).contains(silence) { life.silence = 0 }
    past.rule = next
  }

  /// Step 8.
  private func fallSilent(_ after: Int64, _ life: inout Life, _ past: inout Past) {
    let time = past.times[past.times.count - 1]
    let from = life.alert
    if past.rule.noData == .alert {
      life.alert = levels(of: past.rule).max() ?? 0
      life.silence = 0
    } else {
      life.alert = 0
      life.silence = from
    }
    if from > 0 || life.alert > 0 {
      life.change = Change(
        from: from, to: life.alert, since: time, severity: max(life.alert, life.alert == 0 ? from : 0))
    }
    life.changed = life.alert == 0 ? nil : (time + after, time)
    life.level = 0
    (past.samples, past.levels, past.points, past.startsAnew) = ([], [], [], false)
  }

  private func take(_ time: Int64, _ value: Double, isSetBack: Bool, _ life: inout Life, _ past: inout Past) {
    let rule = past.rule
    if isSetBack || isHole(before: time, past.times, rule) { past.startsAnew = true }
    if isSetBack {
      past.samples = []
      life.xTime = time
      if let changed = life.changed { life.changed = (time, changed.since) }
    }
    past.times.append(time)
    past.samples.append(ReferenceSample(time: time, value: value))
    guard let x = x(at: time, past) else { return }
    past.levels.append(level(of: x, rule, before: past.levels.last ?? 0))
    life.level = heldLevel(past.levels, rule)
    past.points.append(Point(time: time, level: life.level, anew: past.startsAnew, newLevels: past.newLevels))
    (past.startsAnew, past.newLevels) = (false, [])
    if let resolved = life.silence {
      let severity = life.level > 0 ? life.level : life.alert > 0 ? life.alert : resolved
      if severity > 0 { life.change = Change(from: life.alert, to: life.level, since: time, severity: severity) }
      (life.alert, life.silence) = (life.level, nil)
    } else {
      judge(&life, past.points, rule)
    }
    if let change = life.change {
      life.changed = change.to == 0 ? nil : (time, change.since)
    } else if let changed = life.changed, let every = rule.repeatEvery?.wholeMilliseconds {
      let number = (time - changed.time) / every
      if number > max(0, life.xTime - changed.time) / every {
        let since = min(changed.since, time)
        life.change = Change(from: life.alert, to: life.alert, since: since, severity: life.alert, repeat: number)
      }
    }
    (life.x, life.xTime) = (x, time)
  }

  private func levels(of rule: Rule) -> Set<Int> {
    Set((rule.limits.warning == nil ? [] : [1]) + (rule.limits.critical == nil ? [] : [2]))
  }

  /// The level under `new` for a level that was held under `old`.
  private func level(_ level: Int, of old: Rule, under new: Rule) -> Int {
    var level = level
    if level == 2, new.limits.critical == nil { level = old.limits.warning == nil ? 0 : 1 }
    if level == 1, new.limits.warning == nil { level = 0 }
    return level
  }

  /// Step 2.
  private func isHole(before time: Int64, _ times: [Int64], _ rule: Rule) -> Bool {
    guard let last = times.last else { return false }
    if let written = rule.noDataAfter { return time - last > written.wholeMilliseconds }
    return time - last > usualHole(times)
  }

  /// The default `no_data_after`.
  private func usualHole(_ times: [Int64]) -> Int64 { max(60_000, 3 * (usualGap(times) ?? 0)) }

  /// The median of the last gaps; nil if too few are known.
  private func usualGap(_ times: [Int64]) -> Int64? {
    let gaps = zip(times.dropFirst(), times).map { $0 - $1 }.filter { $0 > 0 }.suffix(5).sorted()
    return gaps.count >= 2 ? gaps[gaps.count / 2] : nil
  }

  /// Step 3.
  private func x(at time: Int64, _ past: Past) -> Double? {
    guard let window = past.rule.window?.wholeMilliseconds, past.rule.aggregate != .last else {
      return past.samples.last?.value
    }
    return past.rule.aggregate.value(of: past.samples.filter { $0.time > time - window }.suffix(maxSamples))
  }

  /// Step 4, for a single value.
  private func level(of x: Double, _ rule: Rule, before: Int) -> Int {
    for (severity, number) in [(Severity.critical, 2), (.warning, 1)] {
      guard let limit = rule.limits[severity] else { continue }
      let edge = before >= number ? rule.clear[severity] ?? limit : limit
      if rule.side == .above ? x > edge : x < edge { return number }
    }
    return 0
  }

  /// Step 4, with `at_least`.
  private func heldLevel(_ levels: [Int], _ rule: Rule) -> Int {
    guard let atLeast = rule.atLeast else { return levels.last ?? 0 }
    return [2, 1].first { level in levels.suffix(atLeast.of).filter { $0 >= level }.count >= atLeast.count } ?? 0
  }

  /// The event time since which `level` has been held (or unheld) without a break, up to the last point.
  private func since(_ points: [Point], level: Int, held: Bool) -> Int64? {
    var since: Int64?
    for point in points.reversed() {
      if (point.level >= level) != held { break }
      since = point.time
      if point.anew || point.newLevels.contains(level) { break }
    }
    return since
  }

  /// Step 5, at the last of `points`.
  private func judge(_ life: inout Life, _ points: [Point], _ rule: Rule) {
    let now = points[points.count - 1].time
    for level in [2, 1] where level > life.alert && levels(of: rule).contains(level) {
      if let since = since(points, level: level, held: true), now - since >= rule.hold.wholeMilliseconds {
        life.change = Change(from: life.alert, to: level, since: since, severity: level)
        life.alert = level
        return
      }
    }
    guard life.alert > 0, let since = since(points, level: life.alert, held: false) else { return }
    let patience = rule.keepFiringFor.wholeMilliseconds
    guard now - since >= patience else { return }
    var next = 0
    for level in [1] where level < life.alert && levels(of: rule).contains(level) {
      let unheld = self.since(points, level: level, held: false)
      if unheld.map({ now - $0 < patience }) ?? true { next = level }
    }
    life.change = Change(from: life.alert, to: next, since: since, severity: next == 0 ? life.alert : next)
    life.alert = next
  }
}
