import Platform
import Rules
import TestSupport
import Testing

@testable import Settings

@Suite("Printed settings")
struct DescribeTests {
  @Test("printed settings load again as the same settings")
  func roundTrip() throws {
    let folder = try Folder()
    let authority = try folder.write("ca.crt", certificate)
    let text = """
      [kafka]
      brokers = "a:1,b:2"
      [kafka.sasl]
      mechanism = "SCRAM-SHA-256"
      username = "a \\"b\\" \\\\ ü $${x} $"
      password = "${P}"
      [kafka.tls]
      ca_file = "\(authority)"
      [kafka.properties]
      "linger.ms" = 5
      "client.rack" = "tab\\tand $${"
      [run]
      role = "evaluator"
      [topics]
      status = "s"
      alerts_current = "c"
      changelog = "l"
      create = false
      partitions = 12
      replication = 2
      [agent]
      interval = "1m30s"
      procfs = "/host/proc"
      buffer = "70000KiB"
      [evaluator]
      max_future = "0s"
      commit_interval = "250ms"
      [log]
      level = "debug"
      [[rule]]
      name = "a"
      metric = "m \\u0007"
      below = { warning = 1e300, critical = -0.1 }
      clear = { warning = 1e301 }
      for = "36h"
      no_data_after = "61m1ms"
      match = { "fi eld" = "*\\"*" }
      labels = { a = "\\\\", b = "${x}" }
      summary = "line\\nline {{host}}"
      [[rule]]
      name = "b"
      metric = "m"
      above = 5
      """
    let first = try #require(load(text, ["P": "secret"]).settings)
    let again = load(first.describe(), ["P": "secret"])
    #expect(again.complaints.isEmpty)
    #expect(again.settings == first)
    #expect(again.settings?.describe() == first.describe())
  }

  @Test("the defaults are printed in full, and load again")
  func defaults() {
    let settings = Settings(brokers: "a:1", hostName: "h")
    #expect(load(settings.describe()).settings == settings)
  }

  @Test("an empty TLS table is printed, because it switches TLS on")
  func emptyTLS() {
    var settings = Settings(brokers: "a:1", hostName: "h")
    settings.kafka.tls = Connection.TLS()
    #expect(load(settings.describe()).settings == settings)
  }

  @Test(
    "evaluator.start is printed as it is written in the file",
    arguments: [("end", Settings.Start.end), ("beginning", .beginning), ("1h", .ago(.seconds(3600)))])
  func start(text: String, start: Settings.Start) {
    var settings = Settings(brokers: "a:1", hostName: "h")
    settings.evaluator.start = start
    #expect(settings.describe().contains("start = \"\(text)\"\n"))
    #expect(load(settings.describe()).settings == settings)
    let now = WallTime(milliseconds: 5_000_000)
    let expected: Int64 = start == .end ? 5_000_000 : start == .beginning ? 0 : 1_400_000
    #expect(start.time(now: now).milliseconds == expected)
  }

  @Test("sizes are printed with the largest unit that fits")
  func units() {
    for (text, bytes) in [("1KiB", 1 << 10), ("64MiB", 64 << 20), ("3GiB", 3 << 30), ("1025KiB", 1025 << 10)]
      as [(
        String, Int64
      )]
    {
      #expect(Units.text(bytes: bytes) == text)
      #expect(Units.bytes(text) == bytes)
    }
    #expect(Units.text(bytes: 0) == "0KiB")
  }

  @Test("a rule's window, at_least, no_data and repeat_every are printed as they are written in the file")
  func windows() {
    var settings = Settings(brokers: "a:1", hostName: "h")
    var rule = Rule(name: "r", metric: "m", side: .below, limits: Rule.Limits(warning: 1))
    rule.window = .seconds(60)
    rule.aggregate = .percentile(95)
    rule.atLeast = Rule.AtLeast(count: 3, of: 5)
    rule.noData = .alert
    rule.repeatEvery = .seconds(14_400)
    settings.rules = [rule]
    let text = settings.describe()
    for line in [
      "window = \"1m\"", "aggregate = \"p95\"", "at_least = \"3 of 5\"", "no_data = \"alert\"", "repeat_every = \"4h\"",
    ] {
      #expect(text.contains("\(line)\n"))
    }
    #expect(Rule.Aggregate.words.allSatisfy { $0.aggregate.word == $0.word })
  }

  @Test("a reload names the keys that need a restart; rules and the log level don't")
  func changes() {
    let old = Settings(brokers: "a:1", hostName: "h")
    var new = old
    new.rules = [Rule(name: "r", metric: "m", side: .above, limits: Rule.Limits(critical: 1))]
    new.log.level = .debug
    #expect(old.changesThatNeedRestart(to: new).isEmpty)
    new.agent.interval = .seconds(5)
    new.kafka.brokers = "b:1"
    new.kafka.tls = Connection.TLS(caFile: "/ca")
    new.kafka.sasl = Connection.SASL(mechanism: "PLAIN", username: "u", password: Secret("p"))
    new.kafka.properties = [.init(name: "linger.ms", value: .plain("5"))]
    #expect(
      old.changesThatNeedRestart(to: new) == [
        "kafka.brokers", "kafka.sasl.mechanism", "kafka.sasl.username", "kafka.sasl.password", "kafka.tls.ca_file",
        "agent.interval", "kafka.tls", "kafka.properties.linger.ms",
      ])
    var other = new
    other.kafka.sasl?.password = Secret("q")
    #expect(new.changesThatNeedRestart(to: other) == ["kafka.sasl.password"])
  }

  @Test("the machine's surroundings have a host name and variables")
  func surroundings() {
    let machine = Surroundings.machine
    #expect(!machine.hostName.isEmpty)
    #expect(machine.variable("PATH") != nil)
    #expect(machine.variable("STATUSD_SURELY_NOT_SET") == nil)
  }

  @Test("each role does its own work, and all does everything")
  func roles() {
    #expect(Settings.Role.allCases.filter(\.samples) == [.agent, .all])
    #expect(Settings.Role.allCases.filter(\.evaluates) == [.evaluator, .all])
    #expect(Settings.Role.allCases.filter(\.meters) == [.meter, .all])
  }
}
