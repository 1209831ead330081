import Records
import TestRandom

@testable import Rules

extension EngineCase {
  /// A case drawn from `seed`.
  init(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    rules = EngineCase.rules(&random)
    if random.once(in: 3) { bounds.maxSamples = random.pick([2, 3, 5]) }
    if random.once(in: 3) { bounds.forgetAfter = .milliseconds(random.pick([3000, 20_000, 60_000, 600_000])) }
    let asksForSilence = random.once(in: 2)
    var world = World(&random)
    steps = []
    let count = Int.random(in: 5...40, using: &random)
    while steps.count < count {
      if random.once(in: 25) {
        steps.append(.reload(EngineCase.reloaded(steps.rulesInForce ?? rules, &random)))
      } else if random.once(in: 60) {
        steps.append(.forget(random.pick(["web-1", "db-1", "web-9"])))
      } else if asksForSilence, random.once(in: 6) {
        let after: Int64 = random.pick([0, 1000, 3000, 30_000, 60_000, 300_000])
        steps.append(.silence(after: after, heldFor: random.pick([0, 3000, 30_000, 59_999, 60_000, 1_000_000])))
      } else {
        steps.append(.record(world.next(&random)))
      }
    }
    if random.once(in: 4) { watchStream(&random) }
  }

  /// Makes it a case of a stream: its records have Kafka's time, which is their producers', and no numbers.
  private mutating func watchStream(_ random: inout SeededRandom) {
    func ofStream(_ rules: [Rule]) -> [Rule] {
      rules.map { rule in
        var rule = rule
        rule.stream = StreamSubject(stream: "orders")
        return rule
      }
    }
    rules = ofStream(rules)
    for (index, step) in steps.enumerated() {
      switch step {
      case .reload(let rules): steps[index] = .reload(ofStream(rules))
      case .record(var record):
        let behind: Int64 = random.pick([0, 0, 0, 0, 1, 900, 30_000, 60_000, 60_001, 3_600_000])
        // The reader refuses records of streams without Kafka's time.
        if record.kafkaTime < 0 { record.kafkaTime = World.beginning }
        record.kafkaTime -= behind
        (record.time, record.ownTime, record.boot, record.sequence) = (record.kafkaTime, false, 0, -1)
        steps[index] = .record(record)
      default: break
      }
    }
  }

  private static func rules(_ random: inout SeededRandom) -> [Rule] {
    (0..<Int.random(in: 1...4, using: &random)).map { rule(named: "rule-\($0)", &random) }
  }

  private static func rule(named name: String, _ random: inout SeededRandom) -> Rule {
    let side: Rule.Side = random.once(in: 3) ? .below : .above
    var rule = Rule(name: name, metric: random.pick(["cpu", "cpu", "memory"]), side: side, limits: Rule.Limits())
    let away: Double = side == .above ? -1 : 1
    switch Int.random(in: 0..<4, using: &random) {
    case 0: rule.limits.critical = random.pick([50, 90])
    case 1: rule.limits.warning = random.pick([50, 80])
    default: rule.limits = Rule.Limits(warning: 50 - 20 * away * -1, critical: 50 - 30 * away)
    }
    for severity in Severity.allCases where random.once(in: 2) {
      guard let limit = rule.limits[severity] else { continue }
      let clear = limit + away * random.pick([0, 10, 30])
      if severity == .warning { rule.clear.warning = clear } else { rule.clear.critical = clear }
    }
    rule.hold = .milliseconds(random.pick([0, 0, 1000, 5000, 30_000, 120_000]))
    rule.keepFiringFor = .milliseconds(random.pick([0, 0, 1000, 5000, 30_000, 120_000]))
    rule.noDataAfter = random.pick([nil, nil, .seconds(3), .seconds(30), .seconds(100), .seconds(1000)])
    if random.once(in: 2) {
      rule.window = .milliseconds(random.pick([1000, 3500, 10_000, 60_000, 600_000]))
      rule.aggregate = aggregate(&random)
      if random.once(in: 3) { spread(&rule) }
    }
    if random.once(in: 4) {
      let of = random.pick([1, 2, 3, 5, 70, 256])
      rule.atLeast = Rule.AtLeast(count: Int.random(in: 1...min(of, 3), using: &random), of: of)
      rule.hold = .zero
    }
    if random.once(in: 2) { rule.noData = random.pick([.keep, .ok, .alert]) }
    if random.once(in: 3) { rule.repeatEvery = .milliseconds(random.pick([1000, 7000, 30_000, 300_000])) }
    if random.once(in: 4) { rule.match.append(Rule.Match(field: "host", glob: random.pick(["web-*", "*-1", "d?-1"]))) }
    if random.once(in: 6) { rule.match.append(Rule.Match(field: "role", glob: random.pick(["web", "d*"]))) }
    if random.once(in: 4) { rule.labels = [Transition.Label(name: "team", value: "infra")] }
    return rule
  }

  private static func aggregate(_ random: inout SeededRandom) -> Rule.Aggregate {
    random.pick([
      .avg, .avg, .min, .max, .sum, .count, .stddev, .rate, .delta, .percentile(50), .percentile(95), .percentile(1),
    ])
  }

  /// Sets limits in the range of such aggregates.
  private static func spread(_ rule: inout Rule) {
    let by: Double =
      switch rule.aggregate {
      case .sum: 4
      case .count: 0.05
      case .stddev, .rate, .delta: 0.1
      default: 1
      }
    rule.limits = Rule.Limits(
      warning: rule.limits.warning.map { $0 * by }, critical: rule.limits.critical.map { $0 * by })
    rule.clear = Rule.Limits(warning: rule.clear.warning.map { $0 * by }, critical: rule.clear.critical.map { $0 * by })
  }

  /// Removes, adds and changes some rules.
  private static func reloaded(_ rules: [Rule], _ random: inout SeededRandom) -> [Rule] {
    var next: [Rule] = []
    for rule in rules {
      switch Int.random(in: 0..<8, using: &random) {
      case 0: break
      case 1: next.append(self.rule(named: rule.name, &random))
      case 2...5: next.append(adjusted(rule, &random))
      default: next.append(rule)
      }
    }
    let free = (0..<5).map { "rule-\($0)" }.filter { name in !next.contains { $0.name == name } }
    if let name = free.first, next.isEmpty || random.once(in: 2) { next.append(rule(named: name, &random)) }
    if random.once(in: 3) { next.shuffle(using: &random) }
    return next
  }

  /// The rule with changes that its life may survive.
  private static func adjusted(_ rule: Rule, _ random: inout SeededRandom) -> Rule {
    let other = self.rule(named: rule.name, &random)
    var rule = rule
    if random.once(in: 2) { (rule.hold, rule.keepFiringFor) = (other.hold, other.keepFiringFor) }
    if random.once(in: 3) { rule.noDataAfter = other.noDataAfter }
    if random.once(in: 3) { rule.match = other.match }
    if random.once(in: 3) { rule.repeatEvery = other.repeatEvery }
    if random.once(in: 3) { rule.noData = other.noData }
    if rule.atLeast != nil { rule.hold = .zero }
    if random.once(in: 3), rule.side == other.side { (rule.limits, rule.clear) = (other.limits, other.clear) }
    return rule
  }
}

extension [EngineStep] {
  /// The rules of the last reload, if there was one.
  fileprivate var rulesInForce: [Rule]? {
    for case .reload(let rules) in reversed() { return rules }
    return nil
  }
}

/// Hosts that send with their own clocks over an unreliable network.
private struct World {
  private struct Host {
    var name: String
    var clock: Int64
    var boot: UInt64
    var sequence: Int64 = 0
    var value: Double = 50
    /// A second producer with the same name.
    var twin: Twin?
  }

  private struct Twin {
    var boot: UInt64
    var sequence: Int64
  }

  private var hosts: [Host]
  static let beginning: Int64 = 1_795_176_000_000
  private var kafkaTime = World.beginning
  private let step: Int64
  private let hasOwnTimes: Int
  private var sent: [PlainRecord] = []

  init(_ random: inout SeededRandom) {
    step = random.pick([1000, 1000, 10_000, 30_000, 61_000, 300_000])
    hasOwnTimes = random.pick([1, 1, 2, 1000])
    let boots = random.once(in: 2)
    hosts = ["web-1", "db-1"].map { name in
      Host(name: name, clock: 1_795_176_000_000, boot: boots ? UInt64.random(in: 1...3, using: &random) : 0)
    }
    if boots, random.once(in: 4) { hosts[0].twin = Twin(boot: UInt64.random(in: 1...4, using: &random), sequence: 7) }
  }

  mutating func next(_ random: inout SeededRandom) -> PlainRecord {
    let index = random.once(in: 4) ? 1 : 0
    if random.once(in: 8), let record = again(&random) { return record }
    let pace = random.pick([step, step, step, step, step + 50, step / 2, 0, step * 4, step * 11])
    kafkaTime += pace
    hosts[index].clock += pace
    if random.once(in: 20) { hosts[index].clock -= step * Int64.random(in: 1...8, using: &random) }
    if random.once(in: 30) { hosts[index].clock += step * Int64.random(in: 1...8, using: &random) }
    if random.once(in: 20), hosts[index].boot != 0 {
      hosts[index].boot = UInt64.random(in: 1...3, using: &random)
      if random.once(in: 2) { hosts[index].sequence = 0 }
    }
    if random.once(in: 25) { hosts[index].sequence = Int64.random(in: 0...3, using: &random) }
    hosts[index].sequence += random.once(in: 15) ? 0 : 1
    if let twin = hosts[index].twin, random.once(in: 2) {
      hosts[index].twin = Twin(boot: hosts[index].boot, sequence: hosts[index].sequence)
      (hosts[index].boot, hosts[index].sequence) = (twin.boot, twin.sequence + 1)
    }
    if random.once(in: 2) { hosts[index].value = random.pick([5, 10, 20, 30, 40, 50, 60, 70, 80, 85, 90, 95]) }
    let record = record(of: hosts[index], &random)
    sent.append(record)
    return record
  }

  private func record(of host: Host, _ random: inout SeededRandom) -> PlainRecord {
    var record = PlainRecord(host: host.name, kafkaTime: kafkaTime, boot: host.boot)
    record.sequence = host.boot == 0 || random.once(in: 12) ? -1 : host.sequence
    record.ownTime = hasOwnTimes == 1 || hasOwnTimes == 2 && random.once(in: 2)
    record.time = record.ownTime ? host.clock : kafkaTime
    if record.ownTime, random.once(in: 30) { record.kafkaTime = -1 }
    for metric in ["cpu", "memory"] {
      switch Int.random(in: 0..<12, using: &random) {
      case 0: break
      case 1: record.notNumbers[metric] = random.pick([.string, .null, .nested, .overflow, .bool])
      case 2: record.numbers[metric] = random.pick([0, 50, 90, 100])
      default: record.numbers[metric] = host.value
      }
    }
    if !random.once(in: 8) { record.texts["role"] = random.once(in: 6) ? "db-1" : "web" }
    return record
  }

  /// An earlier record again, or a variant with a slightly earlier time.
  private mutating func again(_ random: inout SeededRandom) -> PlainRecord? {
    guard !sent.isEmpty else { return nil }
    var record = sent[max(0, sent.count - Int.random(in: 1...6, using: &random))]
    if random.once(in: 2) { kafkaTime += random.pick([0, 10, step]) }
    if record.kafkaTime >= 0 { record.kafkaTime = kafkaTime }
    if !record.ownTime { record.time = kafkaTime }
    if random.once(in: 3) { record.time -= random.pick([1, step / 2, step]) }
    return record
  }
}
