import Glibc
import Records
import Rules

/// What the state of hosts costs: memory, bytes in the changelog, CPU to write and to restore it.
///
/// `BenchEngine state [HOSTS [SAMPLES]]`: so many hosts with one metric and five rules, that many samples of each, one a
/// second; then the same with windows of five minutes in every rule.
struct StateBench {
  private let hosts: Int
  private let samples: Int
  private let isWindowed: Bool
  private let scope = ChangelogScope(group: "status_group", topic: "status_topic")
  private var records: [(key: [UInt8], value: [UInt8])] = []
  private var now: Int64 = 1_795_176_000_000
  private var offset: Int64 = 0

  init(hosts: Int, samples: Int, isWindowed: Bool) {
    self.hosts = hosts
    self.samples = samples
    self.isWindowed = isWindowed
  }

  /// Measures, and says what it found.
  mutating func run() {
    let before = StateBench.residentBytes()
    let engine = Engine(rules: rules(), topic: scope.topic, partition: 0)
    for _ in 0..<samples { second(engine) }
    let memory = (StateBench.residentBytes() - before) / hosts
    let (firstBytes, firstCount, _) = write(engine)
    for _ in 0..<60 { second(engine) }
    let (laterBytes, laterCount, writing) = write(engine)
    let restoring = restore(engine)
    let kind = isWindowed ? "5 rules with windows of 5 minutes" : "5 rules"
    print("\(hosts) hosts, one metric, \(kind), \(samples) samples of each:")
    print("  memory: \(memory) bytes a host")
    print("  changelog: \(firstBytes / hosts) bytes a host in \(StateBench.tenths(firstCount, hosts)) records")
    print(
      "  a minute later: \(laterBytes / hosts) bytes a host in \(StateBench.tenths(laterCount, hosts)) records, "
        + "\(Int(writing * 1e9) / hosts) ns a host")
    print("  restored: \(Int(restoring * 1e9) / hosts) ns a host")
  }

  private func rules() -> RuleSet {
    RuleSet(
      [80.0, 85, 90, 95, 99].enumerated().map { index, limit in
        var rule = Rule(
          name: "cpu-\(index)", metric: "cpu_usage", side: .above, limits: Rule.Limits(warning: limit, critical: 100))
        rule.hold = .seconds(30)
        if isWindowed { (rule.window, rule.aggregate) = (.seconds(300), [.avg, .max, .stddev, .rate, .sum][index]) }
        return rule
      })
  }

  /// Each host sends a sample; one in a hundred is in trouble.
  private mutating func second(_ engine: Engine) {
    var reader = RecordReader(plan: engine.rules.plan, maxFuture: 60_000)
    var transitions: [Transition] = []
    now += 1000
    engine.now += 1000
    engine.logTime = now
    for host in 0..<hosts {
      let load = (host &* 7919 &+ Int(now / 1000) &* 104_729) % 7000
      let cents = host % 100 == 0 ? 9000 + load % 900 : load
      let fraction = cents % 100
      let value =
        Array(
          "{\"host\":\"web-\(host)\",\"cpu_usage\":\(cents / 100).\(fraction / 10)\(fraction % 10),\"sequence\":\(offset),"
            .utf8)
        + Array("\"timestamp\":\(now + Int64(host % 997)),\"boot_id\":\"b0c5a1de-0000-4000-8000-\(host)\"}".utf8)
      let outcome = value.withUnsafeBytes { reader.read(value: $0, key: $0, kafkaTime: now, clock: now) }
      if outcome == .record { engine.apply(reader, offset: offset, into: &transitions) }
      offset += 1
    }
  }

  /// Everything that isn't written yet, into `records`; gives bytes, records and CPU seconds.
  private mutating func write(_ engine: Engine) -> (bytes: Int, records: Int, seconds: Double) {
    var bytes = 0
    var count = 0
    var kept: [(key: [UInt8], value: [UInt8])] = []
    let start = StateBench.cpuSeconds()
    engine.takeCheckpoints(position: offset, changedBefore: .max, limit: .max, scope: scope) { key, value in
      bytes += key.count + (value?.count ?? 0)
      count += 1
      if let value { kept.append((Array(key), Array(value))) }
    }
    let seconds = StateBench.cpuSeconds() - start
    records += kept
    return (bytes, count, seconds)
  }

  /// CPU seconds that it takes to restore all that was written.
  private func restore(_ engine: Engine) -> Double {
    let marker = engine.marker(position: offset)
    var newest: [[UInt8]: Int] = [:]
    for (index, record) in records.enumerated() { newest[record.key] = index }
    let start = StateBench.cpuSeconds()
    let restored = Engine(
      stored: engine.storedRules(instance: "bench"), marker: marker, topic: scope.topic, partition: 0)
    for isChunk in [true, false] {
      for index in newest.values {
        let record = records[index]
        record.key.withUnsafeBytes { key in
          record.value.withUnsafeBytes { value in
            switch try? scope.read(key) {
            case .chunk(let subject, let track, let number) where isChunk:
              try? restored.restoreChunk(subject: subject, track: track, number: number, key: key, value: value)
            case .checkpoint(let subject) where !isChunk:
              try? restored.restore(subject: subject, key: key, value: value)
            default: break
            }
          }
        }
      }
    }
    restored.finishReplay(marker)
    let seconds = StateBench.cpuSeconds() - start
    if restored.counters.subjects != hosts { print("  only \(restored.counters.subjects) hosts came back") }
    return seconds
  }

  /// A ratio with one place.
  private static func tenths(_ count: Int, _ of: Int) -> String {
    let tenths = (count * 10 + of / 2) / of
    return "\(tenths / 10).\(tenths % 10)"
  }

  private static func residentBytes() -> Int {
    let file = open("/proc/self/statm", O_RDONLY)
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = max(0, read(file, &bytes, 256))
    let fields = bytes[..<count].split(separator: UInt8(ascii: " "))
    guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  private static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
