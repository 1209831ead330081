import Foundation
import TestRandom
import TestSupport
import Testing

@Suite("bad input", .serialized, .waits)
struct BadInputTests {
  @Test(
    "ten thousand unreadable records don't stop the good ones between them, and each is counted by its reason",
    arguments: TestCluster.Kind.main)
  func mutated(_ kind: TestCluster.Kind) throws {
    let site = try Site(kind, makesTopics: true)
    try site.configure(rules: Site.rule)
    let writer = try site.writer()
    var random = SeededRandom(seed: 20_260_101)
    var expected: [Mutation: Int] = [:]
    let good = 500
    let begin = Site.now - 3_600_000
    for number in 0..<good {
      for _ in 0..<20 {
        let mutation = random.pick(Mutation.allCases)
        expected[mutation, default: 0] += 1
        let (value, key) = mutation.record(&random, at: begin + Int64(number))
        try writer.write(value, key: key, to: site.status)
      }
      try writer.write(
        Site.record("good", level: number % 2 == 0 ? 90 : 10, at: begin + Int64(number)), key: "good", to: site.status)
    }
    // A bad record after the last good one: a partition that ends with rubbish is read to its end, too.
    try writer.write("rubbish", to: site.status)
    expected[.notJSON, default: 0] += 1
    try writer.flush()

    let daemon = try site.run("evaluator")
    let alerts = try site.alertsReader()
    for number in 0..<good {
      let object = try alerts.next().object
      try #require(object["host"] as? String == "good")
      try #require(object["status"] as? String == (number % 2 == 0 ? "firing" : "resolved"))
    }
    // Its own metrics come every 10 s.
    let numbers = try site.readingsReader().next(within: 60) { record in
      guard record.key == "statusd@\(site.host)" else { return false }
      return try (record.object["records"] as? NSNumber)?.intValue ?? 0 >= good * 21 + 1
    }.object
    for (mutation, count) in expected {
      let name = "records_bad_\(mutation.rawValue)"
      #expect((numbers[name] as? NSNumber)?.intValue == count, "\(name)")
    }
    #expect((numbers["records_bad"] as? NSNumber)?.intValue == good * 20 + 1)
    #expect((numbers["lag"] as? NSNumber)?.intValue ?? -1 >= 0)
    try daemon.endWell()
    // Few log lines for ten thousand records.
    #expect(daemon.errors.lines.count < 200, "\(daemon.errors.lines.count) lines")
  }

  @Test("twelve mistakes in a configuration give twelve complaints, each with its place")
  func mistakes() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(
      """
      [kafka]
      brokers = "no-port:"
      [kafka.properties]
      "enable.idempotence" = false
      "lingr.ms" = 5
      [run]
      role = "observer"
      [topics]
      status = "status topic"
      partitions = 0
      [agent]
      interval = 5
      hots = "web-1"
      [evaluator]
      commit_interval = "1 fortnight"
      [[rule]]
      name = "cpu high"
      metric = "cpu_usage"
      above = { warning = 95, critical = 80 }
      [[rule]]
      name = "both"
      metric = "cpu_usage"
      above = 90
      below = 10

      """, to: "statusd.toml")
    let (status, output, errors) = try Program.run(["check", "--config", file])
    #expect(status == .exited(78))
    let lines = (output + errors).split(separator: "\n")
    let places = lines.compactMap { line in
      line.hasPrefix(file + ":") ? Int(line.dropFirst(file.count + 1).prefix { $0.isNumber }) : nil
    }
    #expect(places == [2, 4, 5, 7, 9, 10, 12, 13, 15, 17, 19, 24], "\(output + errors)")
  }
}

/// A way to damage a record. The raw value is the end of its counter's name.
private enum Mutation: String, CaseIterable {
  case empty
  case notJSON = "not_json"
  case notObject = "not_object"
  case timestamp, future, encoding, subject

  /// A record that is bad for this reason and for no other.
  func record(_ random: inout SeededRandom, at time: Int64) -> (value: [UInt8], key: [UInt8]?) {
    let good = Array(
      "{\"timestamp\":\(time),\"host\":\"bad\",\"level\":99,\"text\":\"caf\u{e9} \\u00e9\",\"nested\":{\"a\":[1,2]}}"
        .utf8)
    let key = Array("bad".utf8)
    func replaced(_ old: String, _ new: [UInt8]) -> [UInt8] {
      var bytes = good
      if let range = bytes.firstRange(of: Array(old.utf8)) { bytes.replaceSubrange(range, with: new) }
      return bytes
    }
    switch self {
    case .empty: return ([], key)
    case .notJSON:
      switch random.next() % 5 {
      // Any cut leaves an incomplete object.
      case 0: return (Array(good[..<Int.random(in: 1..<good.count, using: &random)]), key)
      case 1: return (good + Array("x".utf8), key)
      case 2: return (replaced(":99", Array(":NaN".utf8)), key)
      case 3: return (replaced(":99", Array(":0\(random.next() % 10)".utf8)), key)
      default: return (replaced("[1,2]", Array("[1,2".utf8)), key)
      }
    case .notObject:
      return (Array(random.pick(["[1]", "12", "null", "true", "\"text\"", "[{}]"]).utf8), key)
    case .timestamp:
      let times = ["\"yesterday\"", "true", "[]", "\"2026-13-01T00:00:00Z\"", "\"1700000000\"", "{}"]
      return (replaced("\(time)", Array(random.pick(times).utf8)), key)
    case .future:
      return (replaced("\(time)", Array("\(time + 86_400_000 + Int64(random.next() % 1_000_000))".utf8)), key)
    case .encoding: return (replaced("bad", [0x62, 0xff - UInt8(random.next() % 8), 0x64]), key)
    case .subject:
      if random.next() % 2 == 0 { return (replaced("bad", [UInt8](repeating: 0x61, count: 256)), key) }
      return (replaced("bad", Array("a\\u000\(random.next() % 9)b".utf8)), key)
    }
  }
}
