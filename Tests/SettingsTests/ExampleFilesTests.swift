import Rules
import TestSupport
import Testing

@testable import Settings

@Suite("The example files of the configuration")
struct ExampleFilesTests {
  /// Keys that are shown with an example, because they have no fixed default.
  private let examples: Set<String> = [
    "topics.replication", "agent.host", "agent.tags", "kafka.brokers", "run.instance",
    "evaluator.delivery", "metrics.listen",
  ]

  /// Uncomments a line such as `#interval = "1s"`; returns other lines unchanged.
  private func uncommented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.hasPrefix("#") && !line.hasPrefix("# ") && line.count > 1 ? String(line.dropFirst()) : String(line)
    }.joined(separator: "\n")
  }

  @Test("Config/minimal.toml is accepted, and changes nothing but brokers and one rule")
  func minimal() throws {
    let loaded = load(try Repository.text("Config/minimal.toml"))
    #expect(loaded.complaints.isEmpty)
    var settings = try #require(loaded.settings)
    #expect(settings.rules.map(\.name) == ["cpu-high"])
    settings.rules = []
    #expect(settings == Settings(brokers: "localhost:9092", hostName: "web-1"))
  }

  @Test("Config/orders.toml is accepted without advice")
  func orders() throws {
    let loaded = load(try Repository.text("Config/orders.toml"))
    #expect(loaded.complaints.isEmpty)
    let settings = try #require(loaded.settings)
    #expect(settings.sources.map(\.topic) == ["status_topic", "statusd-readings", "orders"])
  }

  @Test("Config/fleet.toml is accepted without advice")
  func fleet() throws {
    let loaded = load(try Repository.text("Config/fleet.toml"))
    #expect(loaded.complaints.isEmpty)
    let settings = try #require(loaded.settings)
    #expect(settings.agent.tags == [.init(name: "role", value: "web"), .init(name: "rack", value: "r12")])
    #expect(settings.streams.map(\.name) == ["fleet"])
    #expect(settings.streams.first?.greatestAge == .seconds(30))
  }

  @Test("Config/statusd.toml as it is installed is accepted, and changes nothing but brokers, rules, streams and [lag]")
  func installed() throws {
    let loaded = load(try Repository.text("Config/statusd.toml"))
    #expect(loaded.complaints.isEmpty)
    var settings = try #require(loaded.settings)
    #expect(
      settings.rules.map(\.name) == [
        "cpu-high", "memory-high", "stream-quiet", "stream-errors", "stream-incomplete", "meter-late",
        "group-stalled", "group-behind", "group-loses-ground", "partition-offline", "broker-gone",
        "receiver-gets-nothing", "receiver-behind", "receiver-misses-alerts",
      ])
    #expect(settings.lag == Settings.Lag())
    settings.lag = nil
    #expect(settings.streams.map(\.name) == ["monitor"])
    settings.rules = []
    settings.streams = []
    #expect(settings == Settings(brokers: "localhost:9092", hostName: "web-1"))
  }

  @Test("Config/statusd.toml with every key uncommented is accepted, except for the files that it names")
  func everyKey() throws {
    let folder = try Folder()
    try folder.write("kafka-password", "x\n")
    try folder.write("ca.crt", certificate)
    try folder.write("statusd.crt", certificate)
    try folder.write("statusd.key", "x\n")
    let text = uncommented(try Repository.text("Config/statusd.toml"))
      .replacing("/etc/statusd/", with: "\(folder.path)/")
    let loaded = load(text, ["CREDENTIALS_DIRECTORY": folder.path])
    // The repository has no certificate key, so that file is missing.
    #expect(loaded.complaints.count == 1)
    #expect(loaded.complaints.first?.message.contains("ssl.key.location failed") == true)
  }

  @Test("Config/statusd.toml has every key of the code, with its default")
  func defaults() throws {
    let text = uncommented(try Repository.text("Config/statusd.toml"))
    let document = try Document(parsing: Array(text.utf8))
    for key in Key.all {
      var node = 0
      for part in key.path.split(separator: ".") {
        // A password is in a file or a variable. The text above the table shows the variable.
        if key.path == "kafka.sasl.password" { continue }
        node = try #require(document.child(String(part), of: node), "\(key.path) isn't in the file")
      }
    }
    var defaults = Settings(brokers: "", hostName: "web-1")
    defaults.lag = Settings.Lag()
    let settings = try #require(load(try Repository.text("Config/statusd.toml")).settings)
    for key in Key.all where !examples.contains(key.path) {
      #expect(key.value(settings) == key.value(defaults), "\(key.path)")
    }
    var table = Substring()
    for line in text.split(separator: "\n") {
      if line.hasPrefix("[") { table = line.dropFirst().dropLast() }
      guard
        let key = Key.all.first(where: {
          line.hasPrefix("\($0.name) = ") && $0.table == table && !examples.contains($0.path)
        }),
        !key.table.hasPrefix("kafka"), let value = key.value(defaults)
      else { continue }
      #expect(line == "\(key.name) = \(Settings.written(value))")
    }
    let streams = try #require(document.child("stream", of: 0))
    // The first one is for use, the second shows every key.
    let stream = try #require(document.nodes[streams].children.last)
    #expect(document.nodes[stream].children.map { document.nodes[$0].key } == StreamKey.allCases.map(\.rawValue))
    let rule = document.nodes.first { $0.key == "rule" }
    let first = try #require(rule?.children.first)
    let shown = document.nodes[first].children.map { document.nodes[$0].key }
    let others: Set = ["at_least", "below"]
    #expect(Set(shown) == Set(RuleKey.all.map(\.name)).subtracting(others))
  }

  @Test("docs/configuration.md names every key with its default")
  func documentation() throws {
    let text = try Repository.text("docs/configuration.md")
    var sections: [String: [Substring]] = [:]
    var title = ""
    for line in text.split(separator: "\n") {
      if line.hasPrefix("## ") {
        title = String(line.dropFirst(3))
      } else {
        sections[title, default: []].append(line)
      }
    }
    var defaults = Settings(brokers: "", hostName: "web-1")
    defaults.lag = Settings.Lag()
    for key in Key.all {
      let row = try #require(
        sections["`[\(key.table)]`"]?.first { $0.hasPrefix("| `\(key.name)` |") }, "\(key.path) isn't explained")
      let cells = row.split(separator: "|").map { $0.trimmingPrefix(" ") }
      if let value = key.value(defaults), !examples.contains(key.path) {
        #expect(cells[2].hasPrefix("`\(Settings.written(value))`"), "\(key.path)")
      } else {
        #expect(cells[2].hasPrefix("none"), "\(key.path)")
      }
    }
    for key in RuleKey.all.map(\.name) {
      let isExplained = (sections["`[[rule]]`", default: []] + sections["Not yet", default: []])
        .contains { $0.contains("`\(key)`") }
      #expect(isExplained, "\(key)")
    }
    for key in StreamKey.allCases.map(\.rawValue) {
      let row = sections["`[[stream]]`"]?.first { $0.hasPrefix("| `\(key)` |") }
      #expect(row != nil, "\(key)")
    }
  }
}
