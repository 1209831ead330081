import Agent
import Arguments
import Console
import Glibc
import JSON
import Kafka
import Platform
import Programs
import Records
import Topics

/// `statusd simulate`: status records of a simulated fleet.
enum Simulate: Subcommand {
  private static let topic = Option.text(
    "topic", short: "t", placeholder: "TOPIC", help: "the topic; by default the configuration's status topic",
    completion: .words(["status"]))
  private static let hosts = Option<Int>.count(
    "hosts", short: "n", in: 1...1_000_000, help: "the number of hosts", isRequired: true)
  private static let rate = Option<Double>.number(
    "rate", short: "r", in: 0.001...100_000_000, help: "records a second, of all hosts together", isRequired: true)
  private static let count = Option<Int>.count(
    "count", in: 1...Int.max, help: "end after this many records; by default a signal ends it")
  private static let seed = Option<UInt64>.count(
    "seed", in: 0...UInt64.max, help: "the seed of the fleet's random values; by default 1")
  private static let interval = Option<Duration>.duration(
    "interval", in: .milliseconds(1) ... .seconds(86_400),
    help: "event time between two records of a host; by default derived from the rate")
  private static let start = Option<WallTime>(
    "start", placeholder: "TIME",
    help: "the first record's event time, such as 2026-11-22T18:00:00Z; by default chosen so that the last one's is now"
  ) { text throws(ValueError) in
    guard let time = WallTime(rfc3339: text) else { throw ValueError("is no time, such as 2026-11-22T18:00:00Z") }
    return time
  }
  private static let tags = Flag(
    "tags", help: "give each host two tags: role (web, db, cache or queue, as in its name), and rack (r1, r2, …)")

  static var command: Command {
    Command(
      name: "simulate",
      summary: "produce plausible status records of a simulated fleet",
      description: [
        "The records are a function of hosts, seed, interval and start: equal options give equal bytes. CPU usage "
          + "varies; now and then a host is busy above 95% for about a minute of its records. The key is the host. "
          + "Progress goes to standard error. The command ends when everything is delivered, or with status 75 and "
          + "the number of undelivered records."
      ],
      options: [Cluster.config, Cluster.brokers, topic, hosts, rate, count, seed, interval, start, tags],
      examples: [
        .init("statusd simulate --hosts 100 --rate 100", "a hundred hosts, a record a second each, until Ctrl-C"),
        .init(
          "statusd simulate --hosts 10000 --rate 1000000 --count 2000000 --interval 1s",
          "two million records, as fast as they can be sent"),
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    guard let hosts = given[hosts], let rate = given[rate] else { return .usage }
    // Before a second thread starts: all threads inherit the signals blocked here.
    let signals = try Signals()
    return try withCluster(given) { cluster in
      let interval = given[interval] ?? .microseconds(Int64(min(Double(hosts) / rate * 1e6, 1e15)))
      // Without --interval, event time advances with the time of sending.
      let span = Span(of: given[Simulate.interval] == nil ? 0 : (given[count] ?? 0) / hosts, interval)
      let first = try given[start].map { try span.checked($0) } ?? span.start(endingAt: SystemTime().wall)
      let name = cluster.topic(named: given[topic] ?? "status")
      let limit = cluster.topics.makeSure(of: name, for: .status, cluster.configuration, log: Cluster.log)
      let fleet = Fleet(hosts: hosts, seed: given[seed] ?? 1, start: first, interval: interval, hasTags: given[tags])
      let plan = Sender.Plan(cluster.configuration, topics: [name], recordLimit: limit)
      var sender = try Sender.make(plan, signals: signals, log: Cluster.log)
      var progress = Progress(of: given[count].map { Int64($0) })
      send(fleet, rate: rate, count: given[count] ?? .max, &sender, &progress)
      let sent = sender.sent
      let result = sender.finish(within: .seconds(30))
      progress.end(Int64(sent))
      return report("simulate", sent: sent, result)
    }
  }

  /// The span from the first records' event time to the last: a multiple of the interval, which may exceed any
  /// calendar.
  struct Span {
    /// nil if it exceeds Int64.
    private let milliseconds: Int64?

    init(of rounds: Int, _ interval: Duration) {
      let (product, overflow) = interval.wholeMilliseconds.multipliedReportingOverflow(by: Int64(rounds))
      milliseconds = overflow ? nil : product
    }

    /// The time of the first records if that of the last ones is `end`.
    ///
    /// - Throws: if it is before the earliest time that can be written.
    func start(endingAt end: WallTime) throws(UsageError) -> WallTime {
      if let milliseconds {
        let start = end + .milliseconds(-milliseconds)
        if start >= .earliest { return start }
      }
      throw UsageError(
        "the first records would be from before the year 1: give a lower --count or a shorter --interval")
    }

    /// Returns `start`.
    ///
    /// - Throws: if the last records are after the latest time that can be written.
    func checked(_ start: WallTime) throws(UsageError) -> WallTime {
      if let milliseconds, start + .milliseconds(milliseconds) <= .latest { return start }
      throw UsageError(
        "the last records would be from after the year 9999: give a lower --count, a shorter --interval or another --start"
      )
    }
  }

  private static func send(
    _ fleet: consuming Fleet, rate: Double, count: Int, _ sender: inout Sender,
    _ progress: inout Progress
  ) {
    var writer = Writer()
    let time = SystemTime()
    var begin = time.monotonic
    /// Records from before a pause, which don't count for the rate.
    var before = 0
    while sender.sent < count, !sender.isStopped {
      let elapsed = Double((time.monotonic - begin).wholeNanoseconds) / 1e9
      let due = before + Int(min(elapsed * rate, 1e15))
      let batch = min(due - sender.sent, count - sender.sent, 2000)
      for _ in 0..<max(0, batch) where !sender.isStopped {
        fleet.advance()
        writer.reset()
        fleet.record.encode(into: &writer)
        fleet.record.host.withUTF8View { key in
          writer.bytes.withUnsafeBytes { sender.send(key: key, value: $0) }
        }
      }
      progress.show(Int64(sender.sent))
      if batch > 0 {
        sender.serve()
      } else {
        sender.wait(until: time.monotonic + max(.milliseconds(2), .nanoseconds(Int64(min(1e9 / rate, 1e9)))))
      }
      // Doesn't catch up after a suspension or a wait for brokers.
      if Double(due - sender.sent) > rate + 2000 {
        begin = time.monotonic
        before = sender.sent
      }
    }
  }
}

extension String {
  /// The text's bytes, for the duration of `body`.
  fileprivate func withUTF8View(_ body: (UnsafeRawBufferPointer) -> Void) {
    var copy = self
    copy.withUTF8 { body(UnsafeRawBufferPointer($0)) }
  }
}
