import Evaluator
import Platform
import Records
import Rules
import SimulatedKafka
import TestRandom

/// Records of a changelog whose seal is right and whose contents aren't, through a worker that restores from them.
///
/// What must hold: nothing ends the process, the worker takes its partition up and evaluates what comes, and a host
/// whose records nobody touched fires as it should.
struct ChangelogArena: Arena {
  static let name = "changelog"

  private let rules: RuleSet
  /// What stands in the source partition.
  private let source: [SimulatedPartition.Entry]
  /// What a worker wrote into the changelog about it.
  private let changelog: [(key: [UInt8], value: [UInt8])]
  /// When the source partition's records end.
  private let age: Duration

  init() throws {
    var average = Self.rule("average", 60)
    (average.window, average.aggregate) = (.seconds(60), .avg)
    var median = Self.rule("median", 60)
    (median.window, median.aggregate) = (.seconds(40), .percentile(50))
    var held = Self.rule("held", 80)
    (held.hold, held.keepFiringFor) = (.seconds(3), .seconds(5))
    var often = Self.rule("often", 70)
    (often.atLeast, often.repeatEvery) = (Rule.AtLeast(count: 2, of: 5), .seconds(10))
    var silent = Self.rule("silent", 99)
    (silent.noData, silent.noDataAfter) = (.alert, .seconds(30))
    rules = RuleSet([Self.rule("plain", 90), average, median, held, often, silent])
    var site = try Site(rules)
    let began = site.time.monotonic
    for step in 0..<90 { site.samples(Double(40 + (step * 7) % 55)) }
    // What was held back for the checkpoint interval is written as well.
    for _ in 0..<10 {
      site.time.advance(by: .seconds(1))
      site.turn(count: 2)
    }
    age = site.time.monotonic - began
    source = site.cluster.source[0].entries
    var newest: [[UInt8]: [UInt8]] = [:]
    for entry in site.cluster.changelog[0].committed { newest[entry.key ?? []] = entry.value }
    changelog = newest.map { (key: $0.key, value: $0.value) }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    // The rules, the marker, and for each host a checkpoint and a chunk of its samples.
    guard changelog.count >= 6 else { throw FuzzFailure("the changelog has only \(changelog.count) records") }
  }

  mutating func run(_ random: inout SeededRandom) throws -> String? {
    var site = try Site(rules)
    for entry in source { site.cluster.append(key: entry.key, value: entry.value, kafkaTime: entry.kafkaTime) }
    site.time.advance(by: age)
    var shown = ""
    var isOtherTouched = false
    let victims = Set((0..<random.pick([1, 1, 2])).map { _ in random.below(changelog.count) })
    for (place, record) in changelog.enumerated() {
      var value = record.value
      if victims.contains(place) {
        value = Self.damaged(value, record.key, &random)
        shown += "\n  under \(Fuzz.shown(record.key)): \(Fuzz.shown(value))"
        if !record.key.contains(Array("web-1".utf8)) { isOtherTouched = true }
      }
      site.cluster.appendToChangelog(key: record.key, value: value)
    }
    site.turn(count: 30)
    for step in 0..<6 { site.samples(step % 2 == 0 ? 95 : 10) }
    site.turn(count: 10)
    let end = site.cluster.source[0].end
    guard site.cluster.group.committed[0] == end else {
      return "the position is \(site.cluster.group.committed[0] ?? -1), and the log ends at \(end)\(shown)"
    }
    if isOtherTouched { return nil }
    let made = site.cluster.alerts.committed.filter { $0.key == Array("plain/web-2".utf8) }.count
    return made == 6 ? nil : "plain/web-2 has \(made) transitions, not 6\(shown)"
  }

  /// Another value under the same key, with a seal that fits. Its version stays: what stands behind it is tried here.
  private static func damaged(_ value: [UInt8], _ key: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    let contents = value.dropFirst().dropLast(4)
    var writer = BinaryWriter()
    writer.raw(value.prefix(1) + random.broken(Array(contents), with: pieces))
    key.withUnsafeBytes { writer.seal(for: $0) }
    return writer.bytes
  }

  private static let pieces: [[UInt8]] = [
    [0], [0x7F], [0x80], [0xFF], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], Array(repeating: 0xFF, count: 9) + [0x01],
    Array(repeating: 0x80, count: 12), Array("web-2".utf8), [0, 0, 0, 0, 0, 0, 0xF0, 0x7F],
    [0, 0, 0, 0, 0, 0, 0xF8, 0x7F],
  ]

  private static func rule(_ name: String, _ limit: Double) -> Rule {
    Rule(name: name, metric: "cpu_usage", side: .above, limits: Rule.Limits(critical: limit))
  }

  /// A worker on a cluster in memory.
  private struct Site: ~Copyable {
    let time = ManualTime()
    let cluster: SimulatedCluster
    private var worker: Worker<SimulatedLog, Evaluation>

    init(_ rules: RuleSet) throws {
      cluster = SimulatedCluster(time: time)
      cluster.marksAtOnce = true
      let member = cluster.join("here")
      worker = Worker(
        log: SimulatedLog(cluster, member, isTransactional: true, longestWait: .milliseconds(20)),
        orders: SourceRules(rules),
        plan: WorkerPlan(
          topics: ["status_topic"], group: "group", instance: "here", commitInterval: .milliseconds(100),
          checkpointInterval: .seconds(5)),
        share: try WorkerShare<SourceRules>(),
        heartbeat: Heartbeat(name: "evaluator", allowedSilence: .seconds(10), now: time.monotonic),
        logger: Logger(level: .critical, output: NoLog()), time: time)
      cluster.group.move(0, to: member)
    }

    /// A second later each host sends this value, and the worker takes it up.
    mutating func samples(_ value: Double) {
      time.advance(by: .seconds(1))
      for host in ["web-1", "web-2"] {
        let text = #"{"timestamp":\#(time.wall.milliseconds),"host":"\#(host)","cpu_usage":\#(value)}"#
        cluster.append(key: Array(host.utf8), value: Array(text.utf8))
      }
      turn(count: 6)
    }

    mutating func turn(count: Int) { for _ in 0..<count { worker.turn() } }
  }
}
