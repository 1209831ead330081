import Testing

@testable import Settings

@Suite("Complaints")
struct ComplaintTests {
  @Test("an address to listen on has a host and a port, and brackets around IPv6")
  func listen() throws {
    for (text, host, port) in [
      ("127.0.0.1:9464", "127.0.0.1", 9464), ("[::1]:1", "::1", 1), ("localhost:65535", "localhost", 65_535),
      ("[fe80::1%lo]:80", "fe80::1%lo", 80),
    ] {
      let settings = try #require(
        load("[kafka]\nbrokers = \"a\"\n[metrics]\nlisten = \"\(text)\"\n").settings, "\(text)")
      let address = try #require(settings.metrics.address)
      #expect(address.host == host && Int(address.port) == port, "\(text)")
    }
    for text in [
      "", "127.0.0.1", ":9464", "9464", "::1:9464", "[::1]", "[127.0.0.1]:1", "[]:1", "a:0", "a:65536", "a:-1", "a:+1",
      "a:x", "a b:1", "http://a:1", "a:1:2", "[::1:1", "a:", "*:1",
    ] {
      let found = complaints("[kafka]\nbrokers = \"a\"\n[metrics]\nlisten = \"\(text)\"\n")
      #expect(found.count == 1 && found.first?.contains("4:10: metrics.listen: ") == true, "\(text) \(found)")
    }
  }

  @Test("a configuration with twelve mistakes yields twelve complaints, each with its place")
  func twelve() {
    let text = """
      [kafka]
      brokers = "kafka-1:9092,kafka-2:99999"
      [kafka.properties]
      "enable.auto.commit" = true
      [run]
      role = "agnet"
      [topics]
      status = "status topic"
      [agent]
      intervall = "1s"
      interval = 5
      [evaluator]
      max_future = "90"
      [log]
      level = true
      [[rule]]
      name = "cpu-high"
      metric = "cpu_usage"
      above = { warning = 80, critcal = 95 }
      for = "-30s"
      [[rule]]
      name = "cpu-high"
      metric = "cpu_usage"
      above = 90
      below = 10
      """
    #expect(
      complaints(text) == [
        "file.toml:2:11: kafka.brokers: entry 2 of the brokers has an invalid port: write one from 1 to 65535",
        "file.toml:4:1: kafka.properties: 'enable.auto.commit' can't be set: statusd sets it for its guarantees",
        "file.toml:6:8: run.role: unknown word; did you mean \"agent\"? Write one of agent, evaluator, meter, all",
        "file.toml:8:10: topics.status: a topic's name may have only letters, digits, '.', '_' and '-'",
        "file.toml:10:1: unknown key agent.intervall; did you mean interval?",
        "file.toml:11:12: agent.interval: that is a whole number: write a duration in quotes, such as \"30s\"",
        "file.toml:13:14: evaluator.max_future: a number lacks its unit, ms, s, m, h or d; write one such as \"30s\"",
        "file.toml:15:9: log.level: that is true or false: write one of debug, info, notice, warning, error, critical",
        "file.toml:19:25: rule cpu-high: above: unknown key critcal; did you mean critical?",
        "file.toml:20:7: rule cpu-high: for: a duration can't be negative; write one such as \"30s\"",
        "file.toml:22:8: rule.name: \"cpu-high\" is already the name of the rule at line 17, column 8; give each rule a "
          + "name of its own",
        "file.toml:25:1: rule cpu-high: above and below are both set; keep one, and write a second rule for the other",
      ])
  }

  @Test("names are unique in a rule set")
  func uniqueNames() {
    func rule(_ name: String) -> String { "[[rule]]\nname = \"\(name)\"\nmetric = \"cpu_usage\"\nabove = 90\n" }
    let head = "[kafka]\nbrokers = \"b:1\"\n"
    #expect(complaints(head + rule("a") + rule("b")) == [])
    #expect(
      complaints(head + rule("a") + rule("b") + rule("a")) == [
        "file.toml:12:8: rule.name: \"a\" is already the name of the rule at line 4, column 8; give each rule a name of "
          + "its own"
      ])
  }

  @Test("a complaint about a whole file has no line, and advice is marked as advice")
  func description() {
    #expect(Complaint(file: "f", position: nil, message: "m").description == "f: m")
    let position = Complaint.Position(line: 3, column: 4)
    #expect(Complaint(file: "f", position: position, weight: .advice, message: "m").description == "f:3:4: advice: m")
    #expect(Complaint(file: "f", position: position, message: "m").line == 3)
    #expect(Complaint(file: "f", position: nil, message: "m").column == 0)
  }

  @Test(
    "an unknown key gets a suggestion",
    arguments: [
      ("[agnet]", "1:2: unknown key agnet; did you mean agent?"),
      ("[rules]", "1:2: unknown key rules; did you mean rule?"),
      ("[agent]\nprocFS = \"/proc\"", "2:1: unknown key agent.procFS; did you mean procfs?"),
      (
        "[evaluator]\ncommit-interval = \"1s\"",
        "2:1: unknown key evaluator.commit-interval; did you mean commit_interval?"
      ),
      ("[evaluator]\ninterval = \"1s\"", "2:1: unknown key evaluator.interval; did you mean interval under [agent]?"),
      ("interval = \"1s\"", "1:1: unknown key interval; did you mean interval under [agent]?"),
      ("[kafka.tls]\ncafile = \"x\"", "2:1: unknown key kafka.tls.cafile; did you mean ca_file?"),
      ("[log]\ncolour = true", "2:1: unknown key log.colour; [log] has level"),
      (
        "[kafka]\n\"linger.ms\" = 5",
        "2:1: unknown key kafka.linger.ms; write properties of librdkafka under [kafka.properties]"
      ),
      (
        "[kafka.sasl]\nuser = \"x\"",
        "2:1: unknown key kafka.sasl.user; [kafka.sasl] has mechanism, username, password, "
          + "password_file"
      ),
    ])
  func unknownKeys(text: String, expected: String) {
    #expect(complaints(text).contains("file.toml:\(expected)"))
  }

  @Test("an unknown key that is long or has control characters is shown cut and escaped")
  func hostileKeys() {
    let long = String(repeating: "k", count: 100)
    let all = complaints(besideBrokers: "\"a\\u001B[2Jb\" = 1\n\(long) = 2")
    #expect(all.count == 2)
    #expect(all[0].contains("unknown key a\\u{1B}[2Jb;"))
    #expect(all[1].contains("\(long.prefix(80))…"))
  }

  @Test("missing brokers are reported at their table, or at the beginning")
  func missingBrokers() {
    let message = "kafka.brokers is missing: write [kafka] and under it brokers = \"host:9092\""
    #expect(complaints("") == ["file.toml:1:1: \(message)"])
    #expect(complaints("[run]\n[kafka]\n") == ["file.toml:2:1: \(message)"])
  }

  @Test("a table instead of a value, and a value instead of a table, have different complaints")
  func tables() {
    #expect(complaints("kafka = 5").contains("file.toml:1:9: kafka: that is a whole number: write a table, [kafka]"))
    #expect(
      complaints(besideBrokers: "[agent.interval]") == [
        "file.toml:2:1: agent.interval: that is a table: write a duration in quotes, such as \"30s\""
      ])
    #expect(
      complaints(besideBrokers: "[rule]\nname = \"a\"") == [
        "file.toml:2:1: rule: that is a table: write each rule under [[rule]], with two brackets"
      ])
    #expect(
      complaints(besideBrokers: "rule = [1]") == [
        "file.toml:2:9: rule: write each rule under [[rule]], with two brackets"
      ])
  }

  @Test(
    "an invalid duration is refused with the reason",
    arguments: [
      ("\"\"", "that is no duration; write whole numbers with ms, s, m, h or d, such as \"30s\" or \"1h30m\""),
      ("\"1.5s\"", "that is no duration; write whole numbers with ms, s, m, h or d, such as \"30s\" or \"1h30m\""),
      ("\"1 s\"", "that is no duration; write whole numbers with ms, s, m, h or d, such as \"30s\" or \"1h30m\""),
      ("\"1w\"", "that is no duration; write whole numbers with ms, s, m, h or d, such as \"30s\" or \"1h30m\""),
      ("\"30m1h\"", "write the longer unit first, and each unit once, as in \"1h30m\""),
      ("\"1s1s\"", "write the longer unit first, and each unit once, as in \"1h30m\""),
      ("\"99999999999999999999s\"", "that duration is too long; write one such as \"30s\""),
      ("\"9223372036854775807d\"", "that duration is too long; write one such as \"30s\""),
      ("\"0s\"", "that is too short: the minimum is 10ms"),
      ("\"2d\"", "that is too long: the maximum is 1h"),
      ("1.5", "that is a number: write a duration in quotes, such as \"30s\""),
      ("2026-01-01", "that is a date or time: write a duration in quotes, such as \"30s\""),
      ("[1]", "that is an array: write a duration in quotes, such as \"30s\""),
    ])
  func durations(text: String, expected: String) {
    #expect(complaints(besideBrokers: "[agent]\ninterval = \(text)") == ["file.toml:3:12: agent.interval: \(expected)"])
  }

  @Test(
    "an invalid size is refused with the reason",
    arguments: [
      ("\"64\"", "that is no size: write one whole number with KiB, MiB or GiB, such as \"64MiB\""),
      ("\"64MB\"", "that is no size: write one whole number with KiB, MiB or GiB, such as \"64MiB\""),
      ("\"1MiB1KiB\"", "that is no size: write one whole number with KiB, MiB or GiB, such as \"64MiB\""),
      ("\"9223372036854775807GiB\"", "that is no size: write one whole number with KiB, MiB or GiB, such as \"64MiB\""),
      ("\"1KiB\"", "it must be from 64KiB to 1024GiB"),
      ("64", "that is a whole number: write a size in quotes, such as \"64MiB\""),
    ])
  func sizes(text: String, expected: String) {
    #expect(complaints(besideBrokers: "[agent]\nbuffer = \(text)") == ["file.toml:3:10: agent.buffer: \(expected)"])
  }

  @Test(
    "evaluator.start is a word or a duration",
    arguments: [
      ("\"now\"", "unknown word; write \"end\", \"beginning\", or a duration, such as \"1h\""),
      ("\"-1h\"", "unknown word; write \"end\", \"beginning\", or a duration, such as \"1h\""),
      ("\"90\"", "a number lacks its unit, ms, s, m, h or d; write one such as \"30s\""),
      ("\"366d\"", "that is too long: the maximum is 365d; \"beginning\" means all records"),
      ("5", "that is a whole number: write \"end\", \"beginning\", or a duration, such as \"1h\""),
    ])
  func start(text: String, expected: String) {
    #expect(
      complaints(besideBrokers: "[evaluator]\nstart = \(text)") == ["file.toml:3:9: evaluator.start: \(expected)"])
  }

  @Test("values of wrong types are refused with what to write")
  func types() {
    let all = complaints(
      besideBrokers: """
        [topics]
        create = "yes"
        partitions = "1"
        replication = 0
        [agent]
        host = 5
        """)
    #expect(
      all == [
        "file.toml:3:10: topics.create: that is a text: write true or false, without quotes",
        "file.toml:4:14: topics.partitions: that is a text: write a whole number without quotes",
        "file.toml:5:15: topics.replication: it must be a whole number from 1 to 100",
        "file.toml:7:8: agent.host: that is a whole number: write a text in quotes",
      ])
  }

  @Test("the keys of the meter are checked, and its group and topic are its own")
  func meter() {
    #expect(
      complaints(
        besideBrokers: """
          [topics]
          streams = "statusd_changelog"
          changelog = "statusd.changelog"
          [evaluator]
          group = "monitor_group"
          [meter]
          workers = 65
          grup = "x"
          """) == [
          "file.toml:4:13: topics.changelog and topics.streams differ only in '.' and '_', which Kafka refuses; give each "
            + "a name of its own",
          "file.toml:6:9: evaluator.group and meter.group are the same group; give each a name of its own",
          "file.toml:8:11: meter.workers: it must be a whole number from 1 to 64",
          "file.toml:9:1: unknown key meter.grup; did you mean group?",
        ])
    #expect(
      complaints(besideBrokers: "evaluator.group = \"g\"\nmeter.group = \"g\"").map { $0.prefix(15) } == [
        "file.toml:3:15:"
      ])
    #expect(complaints(besideBrokers: "topics.monitor = \"statusd-streams\"").count == 1)
  }

  @Test("a zero byte in a text is refused")
  func zeroBytes() {
    #expect(
      complaints(besideBrokers: "agent.host = \"a\\u0000b\"") == [
        "file.toml:2:14: agent.host: it contains a zero byte; remove \\u0000"
      ])
  }
}
