import Arguments
import Console
import Platform
import Programs
import Topics

/// `statusd groups`: the consumer groups, how far each is behind, and the rules that fire.
enum Groups: Subcommand {
  static var command: Command {
    Command(
      name: "groups",
      summary: "show the consumer groups: how far behind, how they come on, and which rules fire",
      description: [
        "Reads the newest readings from their topic (by default statusd-readings), and shows the newest one of each "
          + "consumer group and of its topics; with names or globs (* and ?) only of these groups. A meter writes them "
          + "if its configuration has [lag]. Only committed records are read. With --refresh a terminal shows the table "
          + "in place, anything else gets one table after the other. A group that was seen once stays in the table.",
        "A line without TOPIC is about all topics of the group. LAG is the number of records to the end of all "
          + "partitions, as kafka-consumer-groups.sh counts it, MAX that of the worst partition, - if a partition gives "
          + "no answer; BEHIND is the age of the oldest record that waits; PROGRESS is how many records a second were "
          + "consumed. STATE is ok, empty (no members), stalled (members, but no progress although records wait), stopped "
          + "(no members, and records wait), rewinding or unknown. MISSING (partitions that give no answer) is there if a "
          + "group has any. AGE is the time since the reading: if it grows, nobody asks for the group. FIRING are the "
          + "rules in the topic of firing alerts (by default alerts-current) that fire for it, the worst first.",
        "The json format is an object with group, topic (null for the whole group), state, timestamp, age_seconds, "
          + "numbers (all of the reading) and firing (null if it can't be found out).",
        "If brokers don't answer within \(History.silence.text), or the topic doesn't exist, the status is 75. "
          + "At most \(SeenGroups.greatestCount) groups and topics are shown.",
      ],
      options: ReadingsCommand.options,
      operand: .init("GROUP", count: 0...1000),
      examples: [
        .init("statusd groups", "show all groups once, with this machine's configuration"),
        .init("statusd groups --refresh 2s 'billing*'", "watch the groups whose names begin with billing"),
        .init("statusd groups --format json | jq -c '[.group, .topic, .numbers.lag]'", "feed another program"),
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    try ReadingsCommand.run(
      given, of: "groups", SeenGroup.Wanted(names: given.operands), showing: SeenGroup.self, one: "group",
      many: "groups and topics")
  }
}
