import Arguments

/// A program with an option of each kind.
enum Sample {
  enum Format: String, CaseIterable, Sendable { case pretty, json }

  static let config = Option.file("config", short: "c", help: "the configuration", isRequired: true)
  static let topic = Option.text("topic", short: "t", placeholder: "NAME", help: "the topic that is followed")
  static let follow = Flag("follow", short: "f", help: "go on at the end")
  static let quiet = Flag("quiet", short: "q", help: "say less: it's [quiet] at 100%")
  static let format = Option<Format>.choice("format", help: "how records are shown")
  static let count = Option.count("count", in: 1...100, help: "how many")
  static let hold = Option.duration("for", in: .seconds(1)...(.seconds(86_400)), help: "how long")
  static let rate = Option.number("rate", in: 0...1, help: "how fast")

  static let program = Program(
    name: "prog", version: "1.2.3", summary: "show what can be declared",
    description: [
      "The first paragraph, which is long enough that it doesn't fit into one line of eighty letters.", "'Two'.",
    ],
    commands: [
      Command(
        name: "run", summary: "run it", options: [config],
        examples: [.init("prog run --config x.toml", "run with this configuration")]),
      Command(
        name: "tail", summary: "follow a topic", description: ["It goes on until it is interrupted."],
        options: [topic, follow, quiet, format, count, hold, rate],
        examples: [.init("prog tail -f", "follow"), .init("prog tail --format json | jq", "pick\\choose")]),
      Command(
        name: "forget", summary: "forget hosts", options: [follow],
        operand: .init("HOST", count: 1...3, completion: .words(["web-1", "web-2"])),
        examples: [.init("prog forget web-1", "forget web-1")]),
      Command(
        name: "load", summary: "load a file", operand: .init("FILE", count: 0...1, completion: .files),
        examples: [.init("prog load", "load")]),
    ],
    exitStatuses: [(0, "all done"), (64, "the command line is wrong")],
    environment: [("NO_COLOR", "no colours")],
    files: [("/etc/prog.toml", "the configuration")])
}
