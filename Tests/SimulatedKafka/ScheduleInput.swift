import Platform
import Records
import Rules

/// What a schedule's workers evaluate: rules, and records of a few hosts around the rules' limits.
struct ScheduleInput {
  /// One record to come.
  struct Record {
    var partition: Int32
    var key: [UInt8]
    /// Behind its beginning, which has the time.
    var rest: [UInt8]
    /// Milliseconds from one record to the next.
    var after: Int
  }

  static let hostsPerPartition = 2

  static func records(_ count: Int, partitions: Int32, _ dice: inout Dice) -> [Record] {
    var last: [Int: Int] = [:]
    return (0..<count).map { _ in
      let partition = dice.below(Int(partitions))
      let host = partition * hostsPerPartition + dice.below(hostsPerPartition)
      // Mostly a level is kept for a while, so that holds come to their end.
      let value = dice.once(in: 3) ? dice.below(4) : last[host, default: 0]
      last[host] = value
      let name = "h\(host)"
      let text = #","host":"\#(name)","cpu_usage":\#([20, 75, 92, 99][value])}"#
      return Record(
        partition: Int32(partition), key: Array(name.utf8), rest: Array(text.utf8), after: 200 + dice.below(900))
    }
  }

  /// The rules: one that fires at once, one that holds and keeps, with two levels.
  static let rules: RuleSet = {
    var held = Rule(
      name: "held", metric: "cpu_usage", side: .above, limits: Rule.Limits(warning: 80, critical: 95))
    held.clear = Rule.Limits(warning: 70, critical: 90)
    held.hold = .seconds(2)
    held.keepFiringFor = .seconds(1)
    return RuleSet([
      Rule(name: "plain", metric: "cpu_usage", side: .above, limits: Rule.Limits(critical: 90)), held,
    ])
  }()

  /// The value of a record whose own time is `time`.
  static func value(_ record: Record, at time: WallTime) -> [UInt8] {
    Array(#"{"timestamp":\#(time.milliseconds)"#.utf8) + record.rest
  }
}
