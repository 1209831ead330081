import Evaluator
import Glibc
import Kafka
import KafkaEvaluator
import Platform
import Rules
import Settings
import Topics

/// What `make bench-evaluator` measures: the service of `statusd run --role evaluator`, ten rules, from a new group's
/// assignment until it has evaluated RECORDS and shows lag 0. Prints CPU seconds (user + system, all threads).
///
/// Its alerts and its changelog go to topics of its own, so that each run begins from nothing.
///
///     BenchEvaluator BROKERS TOPIC RECORDS [option=value]... [property=value]...
///
/// Options:
/// - `delivery=at_least_once`: instead of exactly once.
/// - `windows=5`: five more rules, each over a window of five minutes.
/// - `rules=five`: instead of all others five rules over one metric.
/// - `name=NAME`: its topics and its group; the same name goes on from the same state.
/// - `settle=SECONDS`: goes on for so long before it ends, with changes written every 2 s.
/// - `watch=1`: prints records and lag each second.
@main
enum BenchEvaluator {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 4, let records = Int64(arguments[3]) else {
      print("usage: BenchEvaluator BROKERS TOPIC RECORDS [option=value]... [property=value]...")
      exit(64)
    }
    var configuration = Configuration(brokers: arguments[1])
    var settings = Settings(brokers: arguments[1])
    settings.rules = rules
    var run = "bench-\(getpid())"
    var settle = Duration.zero
    var watches = false
    for argument in arguments.dropFirst(4) {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      switch (parts[0], parts.count == 2 ? parts[1] : "") {
      case ("delivery", let word): settings.evaluator.delivery = Settings.Delivery(rawValue: word)
      case ("windows", let count): settings.rules += windowRules.prefix(Int(count) ?? 0)
      case ("rules", _): settings.rules = fiveRules
      case ("name", let name): run = name
      case ("settle", let seconds):
        settle = .seconds(Int(seconds) ?? 0)
        settings.evaluator.checkpointInterval = .seconds(2)
      case ("watch", _): watches = true
      case (let property, let value): configuration.properties.append((property, value))
      }
    }
    settings.evaluator.group = run
    settings.evaluator.start = .beginning
    settings.run.instance = run
    settings.topics.status = arguments[2]
    settings.topics.alerts = run + "-alerts"
    settings.topics.alertsCurrent = run + "-current"
    settings.topics.changelog = run + "-changelog"
    settings.topics.partitions = 4
    let log = Logger(level: .error, output: StandardErrorLog())
    try makeTopics(settings, configuration, log)
    let service = try EvaluatorService(settings: settings, configuration: configuration, log: log)
    let wakeup = try Wakeup()
    let started = SystemTime().monotonic
    try service.start()
    while service.numbers.partitions < 4 { wakeup.wait(until: SystemTime().monotonic + .milliseconds(5)) }
    let cpu = cpuSeconds
    let began = SystemTime().monotonic
    var shown = began
    while service.numbers.records < records || service.numbers.lag != 0 {
      wakeup.wait(until: SystemTime().monotonic + .milliseconds(20))
      if watches, SystemTime().monotonic - shown >= .seconds(1) {
        shown = SystemTime().monotonic
        print("{\"records\":\(service.numbers.records),\"lag\":\(service.numbers.lag ?? -1)}")
        fflush(nil)
      }
    }
    let spent = cpuSeconds - cpu
    let took = SystemTime().monotonic - began
    let end = SystemTime().monotonic + settle
    while SystemTime().monotonic < end { wakeup.wait(until: end) }
    let numbers = service.numbers
    // Buffers that a backlog was read into aren't state.
    ProcessMemory.forgetStart()
    let memory = residentKilobytes
    let undone = service.stop(by: SystemTime().monotonic + .seconds(3))
    print(
      """
      {"records":\(numbers.records),"bad":\(numbers.bad),"transitions":\(numbers.transitions),\
      "commits":\(numbers.commits),"undone":\(undone),"cpu_seconds":\(milli(spent)),\
      "seconds":\(milli(Double(took.wholeMilliseconds) / 1000)),"subjects":\(numbers.subjects),\
      "replayed":\(numbers.replayed),"join_seconds":\(milli(Double((began - started).wholeMilliseconds) / 1000)),\
      "resident_kb":\(memory)}
      """)
  }

  /// Makes the topics that the evaluator writes to, as `statusd run` would.
  static func makeTopics(_ settings: Settings, _ configuration: Configuration, _ log: Logger) throws {
    let topics = [Settings.Topics.Needed.alerts, .alertsCurrent, .changelog].map { settings.topics.policy(of: $0) }
    let keeper = TopicKeeper(configuration, plan: .init(topics: topics, creates: true), log: log)
    try keeper.start()
    let wakeup = try Wakeup()
    while !topics.allSatisfy({ keeper.isPresent($0.name) }) {
      wakeup.wait(until: SystemTime().monotonic + .milliseconds(20))
    }
    _ = keeper.stop(by: SystemTime().monotonic + .seconds(3))
  }

  /// Five rules over windows of five minutes.
  static var windowRules: [Rule] {
    func rule(_ name: String, _ metric: String, _ aggregate: Rule.Aggregate, critical: Double) -> Rule {
      var rule = Rule(name: name, metric: metric, side: .above, limits: Rule.Limits(warning: nil, critical: critical))
      rule.window = .seconds(300)
      rule.aggregate = aggregate
      return rule
    }
    return [
      rule("cpu-average", "cpu_usage", .avg, critical: 90),
      rule("memory-most", "memory_usage", .max, critical: 95),
      rule("load-usual", "load_1", .percentile(95), critical: 16),
      rule("system-spread", "cpu_system", .stddev, critical: 30),
      rule("swap-growth", "swap_usage", .delta, critical: 50),
    ]
  }

  /// Five rules over one metric.
  static var fiveRules: [Rule] {
    (1...5).map { number in
      var rule = Rule(
        name: "cpu-\(number)", metric: "cpu_usage", side: .above,
        limits: Rule.Limits(warning: 85 + Double(number), critical: 92 + Double(number)))
      rule.hold = .seconds(number)
      return rule
    }
  }

  /// `VmRSS` of this process.
  static var residentKilobytes: Int {
    guard let file = fopen("/proc/self/status", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, 256, file) != nil {
      let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(
        separator: " ")
      if words.first?.hasPrefix("VmRSS") == true { return Int(words.dropFirst().first ?? "") ?? 0 }
    }
    return 0
  }

  /// Ten rules over five of the record's fields, some with a hold, some with a match.
  static var rules: [Rule] {
    func rule(
      _ name: String, _ metric: String, warning: Double?, critical: Double?, hold: Int = 0, host: String? = nil
    ) -> Rule {
      var rule = Rule(
        name: name, metric: metric, side: .above, limits: Rule.Limits(warning: warning, critical: critical))
      rule.hold = .seconds(hold)
      if let host { rule.match = [Rule.Match(field: "host", glob: host)] }
      return rule
    }
    return [
      rule("cpu-high", "cpu_usage", warning: 90, critical: 95),
      rule("cpu-long", "cpu_usage", warning: nil, critical: 90, hold: 10),
      rule("cpu-user", "cpu_user", warning: 85, critical: 95),
      rule("cpu-system", "cpu_system", warning: 80, critical: nil),
      rule("memory-high", "memory_usage", warning: 85, critical: 95),
      rule("memory-long", "memory_usage", warning: nil, critical: 80, hold: 60),
      rule("load-high", "load_1", warning: 8, critical: 16),
      rule("load-long", "load_1", warning: nil, critical: 6, hold: 30),
      rule("swap-high", "swap_usage", warning: 50, critical: 80),
      rule("swap-web", "swap_usage", warning: nil, critical: 40, host: "host-00*"),
    ]
  }

  static var cpuSeconds: Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
  }

  static func milli(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }
}
