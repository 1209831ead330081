import Platform
import Records
import Rules
import TestRandom

/// What a schedule's workers evaluate: rules, and records of a few hosts with values around the rules' limits.
struct ScheduleInput {
  /// One record to come.
  struct Record {
    var partition: Int32
    var key: [UInt8]
    /// The value after its beginning, which holds the time; nil for a tombstone.
    var rest: [UInt8]?
    /// Milliseconds since the record before.
    var after: Int
    /// Milliseconds by which the record arrives after its own time.
    var delay: Int
  }

  static let hostsPerPartition = 2

  static func records(_ count: Int, partitions: Int32, _ dice: inout SeededRandom) -> [Record] {
    var last: [Int: Int] = [:]
    return (0..<count).map { _ in
      let partition = dice.below(Int(partitions))
      let host = partition * hostsPerPartition + dice.below(hostsPerPartition)
      // Mostly a level is kept for a while, so that `for` can be met.
      let value = dice.once(in: 3) ? dice.below(4) : last[host, default: 0]
      last[host] = value
      let name = "h\(host)"
      let text = #","host":"\#(name)","cpu_usage":\#([20, 75, 92, 99][value])}"#
      let isGone = dice.once(in: 30)
      return Record(
        partition: Int32(partition), key: Array(name.utf8), rest: isGone ? nil : Array(text.utf8),
        after: 200 + dice.below(900), delay: dice.once(in: 10) ? dice.below(3000) : 0)
    }
  }

  /// One rule that fires at once, and one with hold times and two levels. Most schedules also have rules with larger
  /// state: with windows, or with counted samples and reminders.
  static func rules(_ dice: inout SeededRandom) -> RuleSet { all[dice.below(all.count)] }

  private static let all: [RuleSet] = {
    var held = cpu("held", Rule.Limits(warning: 80, critical: 95))
    held.clear = Rule.Limits(warning: 70, critical: 90)
    held.hold = .seconds(2)
    held.keepFiringFor = .seconds(1)
    held.summary = "{{host}}: " + String(repeating: "long ", count: 80)
    held.labels = [Transition.Label(name: "team", value: "infra")]
    var average = cpu("average", Rule.Limits(warning: 60, critical: 85))
    average.window = .seconds(4)
    average.aggregate = .avg
    var median = cpu("median", Rule.Limits(critical: 74))
    median.window = .seconds(6)
    median.aggregate = .percentile(50)
    median.hold = .seconds(1)
    var often = cpu("often", Rule.Limits(critical: 90))
    often.atLeast = Rule.AtLeast(count: 2, of: 3)
    var again = cpu("again", Rule.Limits(critical: 70))
    again.repeatEvery = .seconds(2)
    let wide = cpu(String(repeating: "wide", count: 75), Rule.Limits(critical: 91))
    let always = [cpu("plain", Rule.Limits(critical: 90)), held]
    return [always, always + [average, median], always + [often, again, wide]].map { RuleSet($0) }
  }()

  /// The same rules over the records of the stream `orders`.
  static func watchingStream(_ rules: RuleSet) -> RuleSet {
    RuleSet(
      rules.rules.map { rule in
        var rule = rule
        rule.stream = StreamSubject(stream: "orders", field: "host")
        return rule
      })
  }

  private static func cpu(_ name: String, _ limits: Rule.Limits) -> Rule {
    Rule(name: name, metric: "cpu_usage", side: .above, limits: limits)
  }

  /// The name of the rule that watches for silence, and how long silence must last for it.
  static let quiet = "quiet"
  static let quietAfter = Duration.seconds(1)

  /// Adds the rule that watches for silence; no value reaches its limit.
  static func addingQuiet(to rules: RuleSet) -> RuleSet {
    var rule = cpu(quiet, Rule.Limits(critical: 1000))
    rule.stream = rules.rules.first?.stream
    rule.noData = .alert
    rule.noDataAfter = quietAfter
    return RuleSet(rules.rules + [rule])
  }

  /// The size limit of alerts in topics that take only small records: `held` fits without its summary, `wide` never.
  static let smallRecord = 600

  /// The name of the rule that is added, changed and removed while workers run.
  static let extra = "extra"

  /// The rules of each reload: `rules` alone, and with the extra rule in one of two meanings.
  static func reloads(of rules: RuleSet) -> [RuleSet] {
    var high = cpu(extra, Rule.Limits(critical: 80))
    var low = Rule(name: extra, metric: "cpu_usage", side: .below, limits: Rule.Limits(critical: 80))
    high.stream = rules.rules.first?.stream
    low.stream = high.stream
    return [rules, RuleSet(rules.rules + [high]), RuleSet(rules.rules + [low])]
  }

  /// The value of a record that comes at `time`.
  static func value(_ record: Record, at time: WallTime) -> [UInt8]? {
    record.rest.map { Array(#"{"timestamp":\#(time.milliseconds - Int64(record.delay))"#.utf8) + $0 }
  }
}
