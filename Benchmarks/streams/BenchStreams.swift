import Glibc
import Kafka
import KafkaEvaluator
import Platform
import Settings
import Streams
import Topics

/// What `make bench-streams` measures: the service of `statusd run --role meter`, which goes on after RECORDS records came
/// to each of its topics while it was away. Prints CPU seconds (user + system, all threads) from the first record to the
/// last, and those of the worker that had most to do.
///
///     BenchStreams begin KIND NAME BROKERS TOPIC...
///     BenchStreams measure KIND NAME BROKERS RECORDS TOPIC...
///
/// `begin` writes down that the streams begin at the ends of the topics, before these are filled. NAME stands for the
/// group, its state and its readings, so each measurement has its own. KIND is what is asked of the records:
/// - `count`: nothing
/// - `json`: a count and a measure of fields
/// - `expression`: a count by a regular expression
/// - `one-worker`, `two-workers`: as `json`, two streams
@main
enum BenchStreams {
  static func main() throws {
    let arguments = CommandLine.arguments
    let begins = arguments.count > 5 && arguments[1] == "begin"
    guard begins || arguments.count > 6 else {
      print("usage: BenchStreams begin KIND NAME BROKERS TOPIC... | measure KIND NAME BROKERS RECORDS TOPIC...")
      exit(64)
    }
    let kind = arguments[2]
    let topics = Array(arguments.dropFirst(begins ? 5 : 6))
    let configuration = Configuration(brokers: arguments[4])
    let settings = settings(of: kind, arguments[3], on: arguments[4], topics)
    let log = Logger(level: .error, output: StandardErrorLog())
    if begins { try makeTopics(settings, configuration, log) }
    let service = try MeterService(settings: settings, configuration: configuration, log: log)
    try service.start()
    if begins {
      let wakeup = try Wakeup()
      while service.numbers.readings < topics.count {
        wakeup.wait(until: SystemTime().monotonic + .milliseconds(20))
      }
    } else {
      try measure(service, (Int64(arguments[5]) ?? 0) * Int64(topics.count))
    }
    _ = service.stop(by: SystemTime().monotonic + .seconds(3))
  }

  static func measure(_ service: MeterService, _ records: Int64) throws {
    let wakeup = try Wakeup()
    var cpu = cpuSeconds
    var began = SystemTime().monotonic
    while service.numbers.records == 0 {
      wakeup.wait(until: SystemTime().monotonic + .milliseconds(1))
      (cpu, began) = (cpuSeconds, SystemTime().monotonic)
    }
    while service.numbers.records < records {
      wakeup.wait(until: SystemTime().monotonic + .milliseconds(10))
    }
    let spent = cpuSeconds - cpu
    let seconds = Double((SystemTime().monotonic - began).wholeMilliseconds) / 1000
    print(
      """
      {"records":\(service.numbers.records),"readings":\(service.numbers.readings),\
      "cpu_seconds":\((spent * 1000).rounded() / 1000),"busiest_worker":\(busiestWorker),"seconds":\(seconds)}
      """)
  }

  static func settings(of kind: String, _ name: String, on brokers: String, _ topics: [String]) -> Settings {
    var settings = Settings(brokers: brokers)
    settings.run.instance = name
    settings.meter.group = name
    settings.meter.workers = kind == "two-workers" ? 2 : 1
    settings.topics.readings = name + "-readings"
    settings.topics.streams = name + "-streams"
    settings.streams = topics.map { topic in
      var stream = StreamDefinition(name: topic, topics: [.name(topic)])
      switch kind {
      case "count": stream.format = .none
      case "expression":
        stream.counts = [.init(name: "some", field: "host", condition: .matches("(?i)host-0+7|error|exception"))]
      default:
        stream.counts = [.init(name: "busy", field: "cpu_usage", condition: .above(90))]
        stream.measures = [.init(field: "memory_usage", statistics: [.avg, .max])]
      }
      return stream
    }
    return settings
  }

  /// Makes the topics that the meter writes to, as `statusd run` would.
  static func makeTopics(_ settings: Settings, _ configuration: Configuration, _ log: Logger) throws {
    let topics = [Settings.Topics.Needed.readings, .streams].map { settings.topics.policy(of: $0) }
    let keeper = TopicKeeper(configuration, plan: .init(topics: topics, creates: true), log: log)
    try keeper.start()
    let wakeup = try Wakeup()
    while !topics.allSatisfy({ keeper.isPresent($0.name) }) {
      wakeup.wait(until: SystemTime().monotonic + .milliseconds(20))
    }
    _ = keeper.stop(by: SystemTime().monotonic + .seconds(3))
  }

  /// CPU seconds of the meter's busiest thread, since it began.
  static var busiestWorker: Double {
    guard let folder = opendir("/proc/self/task") else { return 0 }
    defer { closedir(folder) }
    var greatest = 0.0
    while let entry = readdir(folder) {
      let id = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard text(of: "/proc/self/task/\(id)/comm").hasPrefix("meter"),
        let nanoseconds = Double(text(of: "/proc/self/task/\(id)/schedstat").split(separator: " ").first ?? "")
      else { continue }
      greatest = max(greatest, (nanoseconds / 1e6).rounded() / 1000)
    }
    return greatest
  }

  private static func text(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = fread(&bytes, 1, 256, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  static var cpuSeconds: Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
  }
}
