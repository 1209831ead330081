import Foundation
import Settings
import TestRandom
import Topics

/// Configurations, through the reader that `check`, `run` and a reload use.
///
/// What must hold: nothing ends the process; a file without a mistake has settings, and one with a mistake has none;
/// every complaint is one line that names file, line and column, without a control character; what is printed of the
/// settings loads again and is printed the same.
struct ConfigurationArena: Arena {
  static let name = "configurations"

  private let files: [[UInt8]]

  init() throws {
    let names = ["statusd", "minimal", "fleet"]
    files = try names.map { try Repository.file("Config/\($0).toml") } + [Self.everything]
  }

  mutating func run(_ random: inout SeededRandom) -> String? {
    let text = random.broken(random.pick(files), with: Toml.pieces)
    let loaded = Settings.load(text: text, file: "f.toml", surroundings: Self.surroundings)
    if let problem = Toml.problem(in: loaded.complaints, hasResult: loaded.settings != nil) {
      return "\(problem); \(shown(text))"
    }
    guard let settings = loaded.settings else { return nil }
    _ = settings.ruleSet
    let printed = settings.describe()
    let again = Settings.load(text: Array(printed.utf8), file: "printed.toml", surroundings: Self.surroundings)
    guard again.settings?.describe() == printed else {
      return "what is printed doesn't load again to the same: \(again.complaints)\n\(printed)\n\(shown(text))"
    }
    return nil
  }

  static let surroundings = Surroundings(hostName: "web-1", client: LibrdkafkaChecks()) {
    $0 == "SECRET" ? "top secret" : nil
  }

  /// What the shipped files only mention in comments.
  private static let everything = Array(
    """
    kafka.brokers = "a:1,b:2"
    kafka.sasl = { mechanism = "PLAIN", username = "u", password = "${SECRET}" }
    kafka.properties = { "linger.ms" = 5, "compression.type" = "lz4", "client.rack" = "x$${y}" }
    run.role = "evaluator"
    log.level = "debug"
    agent = { interval = "1m30s", host = "web-1", buffer = "64MiB", tags = { role = "web", "a b" = "$${x}" } }
    [topics]
    partitions = 12
    replication = 2
    create = false
    [evaluator]
    group = "g"
    workers = 4
    delivery = "at_least_once"
    commit_interval = "250ms"
    max_future = "0s"
    forget_after = "1d"
    max_samples = 100
    [[rule]]
    name = "a"
    metric = '''m'''
    below = { warning = 1e300, critical = -0.1 }
    clear = { warning = 1e301 }
    at_least = "3 of 5"
    no_data = "alert"
    no_data_after = "61m1ms"
    repeat_every = "4h"
    match = { "fi eld" = "*x*" }
    labels = { a = "b", "c d" = "${x}" }
    summary = \"\"\"
    {{host}} at {{value}}\"\"\"
    [[rule]]
    name = "b"
    metric = "m"
    above = 1
    window = "5m"
    aggregate = "p99"
    """.utf8)
}

/// What configurations and files of rule tests have in common.
enum Toml {
  /// Tokens of TOML and words of statusd.
  static let pieces: [[UInt8]] = [
    "[", "]", "[[", "]]", "{", "}", "=", ".", ",", "\"", "'", "\"\"\"", "'''", "#", "\n", "\r\n", "\\", "\\u0000",
    "$", "*", "${", "${SECRET}", "[$x]", "[.]", "[*]", "[..]", "a.b.c.d = 1", "x = [[[[", "x = {a={a={a={",
    "1979-05-27T07:32:00Z", "1979-05-27", "07:32:00", "inf", "nan", "true", "0x1F", "0b1", "1e400", "1_000",
    "[[rule]]", "[kafka]", "[evaluator]", "[kafka.properties]", "name = ", "above = 1", "for = \"1s\"",
  ].map { Array($0.utf8) }

  /// What is wrong with the complaints about a file; nil: nothing.
  static func problem(in complaints: [Complaint], hasResult: Bool) -> String? {
    let mistakes = complaints.filter { $0.weight == .mistake }
    if hasResult != mistakes.isEmpty { return "a result: \(hasResult), mistakes: \(mistakes.count)" }
    for complaint in complaints {
      let text = complaint.description
      if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
        return "a complaint has a control character: \(shown(Array(text.utf8)))"
      }
      if let position = complaint.position, position.line < 1 || position.column < 1 { return "no place: \(text)" }
      if complaint.message.isEmpty { return "an empty complaint" }
    }
    return nil
  }
}

/// Files of this checkout.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func file(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: root.appending(path: path))) }
}
