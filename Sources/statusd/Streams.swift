import Arguments
import Console
import Platform
import Programs
import Topics

/// `statusd streams`: the streams, how much comes in each, and the rules that fire.
enum Streams: Subcommand {
  private static let values = Flag("values", help: "show the streams' values (by), too")

  static var command: Command {
    Command(
      name: "streams",
      summary: "show the streams: how much comes, how late, and which rules fire",
      description: [
        "Reads the newest readings from their topic (by default statusd-readings), and shows the newest one of each "
          + "stream; with names or globs (* and ?) only of these. Only committed records are read. With --refresh a "
          + "terminal shows the table in place, anything else gets one table after the other. A stream that was seen "
          + "once stays in the table.",
        "RATE and BYTES are those of a second of the reading's interval, - if partitions are missing; DELAY is the "
          + "average time from a record's own time to Kafka's; SILENCE is the time since the last record. MISSING "
          + "(partitions that can't be read), LATE and LOST (records of the interval) are there if a stream has any. "
          + "AGE is the time since the reading: if it grows, nothing meters the stream. FIRING are the rules in the "
          + "topic of firing alerts (by default alerts-current) that fire for the stream, the worst first.",
        "The json format is an object with stream, kind, timestamp, age_seconds, numbers (all of the reading) and "
          + "firing (null if it can't be found out).",
        "If brokers don't answer within \(History.silence.text), or the topic doesn't exist, the status is 75. "
          + "At most \(SeenStreams.greatestCount) streams and values are shown.",
      ],
      options: ReadingsCommand.options + [values],
      operand: .init("NAME", count: 0...1000),
      examples: [
        .init("statusd streams", "show all streams once, with this machine's configuration"),
        .init("statusd streams --refresh 2s --values orders", "watch the stream orders and its values"),
        .init("statusd streams --format json 'eu-*' | jq -c '[.stream, .numbers.rate]'", "feed another program"),
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    try ReadingsCommand.run(
      given, of: "streams", SeenStream.Wanted(names: given.operands, takesValues: given[values]),
      showing: SeenStream.self, one: "stream", many: "streams and values")
  }
}
