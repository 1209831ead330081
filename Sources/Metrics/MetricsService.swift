import Kafka
import Platform
import Records
import Synchronization

/// Shows the metrics of all processes, and the alerts that fire, at `GET /metrics`, for Prometheus; and at `/healthz` and
/// `/readyz` how this process is.
public final class MetricsService: Service {
  /// Where it listens, and what it reads.
  public struct Plan: Sendable {
    /// The connection to the brokers.
    public var configuration: Configuration
    /// A name or an address.
    public var host: String
    /// The port; 0 for any free one.
    public var port: UInt16
    /// The topic of readings.
    public var readings: String
    /// The topic of firing alerts.
    public var alerts: String
    /// How far back readings are read at the start.
    public var head = Duration.seconds(180)

    /// A plan to show what these topics say.
    public init(_ configuration: Configuration, host: String, port: UInt16, readings: String, alerts: String) {
      self.configuration = configuration
      self.host = host
      self.port = port
      self.readings = readings
      self.alerts = alerts
    }
  }

  /// From one look for new partitions to the next, and from one try to the next while brokers don't answer.
  private static let look = Duration.seconds(30)
  private static let retry = Duration.seconds(1)

  /// `prometheus`
  public let name = "prometheus"
  private let plan: Plan
  private let log: Logger
  private let time: any TimeSource
  private let isHealthy: @Sendable () -> Bool
  private let isReady: @Sendable () -> Bool
  private let book = Mutex(MetricsBook())
  private let heartbeat: Heartbeat
  private let stopping = StopSource()
  private let running = Mutex((server: HTTPServer?.none, thread: JoinHandle?.none))

  /// Does nothing before `start`.
  ///
  /// - Parameters:
  ///   - isHealthy: whether all other loops of the process are alive. Called on the server's thread.
  ///   - isReady: whether the process does its work. Called on the server's thread.
  public init(
    _ plan: Plan, log: Logger, time: any TimeSource = SystemTime(),
    isHealthy: @escaping @Sendable () -> Bool, isReady: @escaping @Sendable () -> Bool
  ) {
    self.plan = plan
    self.log = log
    self.time = time
    self.isHealthy = isHealthy
    self.isReady = isReady
    heartbeat = Heartbeat(name: name, allowedSilence: .seconds(15), now: time.monotonic)
  }

  /// The heartbeat of the loop that reads.
  public var heartbeats: [Heartbeat] { [heartbeat] }

  /// The port that it listens on; nil before `start`.
  public var port: UInt16? { running.withLock { $0.server?.port } }

  /// Listens, and begins to read as soon as brokers are reachable.
  ///
  /// - Throws: if it can't listen, a property is refused, a TLS file can't be read, or no thread is left.
  public func start() throws {
    let wakeup = try Wakeup()
    stopping.token.onStop(ring: wakeup)
    var options = Consumer.Options()
    options.reset = .beginning
    // A page shows the last records only: few need to wait in memory.
    options.queueKiB = 2048
    let handOver = HandOver(try Consumer(plan.configuration, options: options, log: log, wakeup: wakeup))
    let server = try HTTPServer(plan.host, port: plan.port) { [weak self] path in self?.answer(path) }
    heartbeat.beat(time.monotonic)
    let thread = try startThread(name: name) { [self] in
      guard var consumer = handOver.take() else { return }
      run(&consumer, wakeup)
      heartbeat.end()
      _ = consumer.close(by: SystemTime().monotonic + .seconds(1))
    }
    running.withLock { $0 = (server, thread) }
    log.notice("listening for Prometheus", ["host": .string(plan.host), "port": .int(Int(server.port))])
  }

  /// Closes the port and ends the loop by `deadline`.
  ///
  /// - Returns: 0; it writes nothing.
  public func stop(by deadline: MonotonicTime) -> Int {
    let (server, thread) = running.withLock { $0 }
    server?.stop()
    stopping.stop()
    _ = thread?.join(until: deadline)
    return 0
  }

  private func answer(_ path: String) -> HTTPServer.Answer? {
    switch path {
    case "/metrics":
      .init(status: 200, type: Exposition.type, text: book.withLock { $0.page(at: time.monotonic) })
    case "/healthz": Self.answer(isHealthy() && heartbeat.isFresh(at: time.monotonic), else: "a loop doesn't answer\n")
    case "/readyz": Self.answer(isReady(), else: "no receivers are told by this process just now\n")
    default: nil
    }
  }

  private static func answer(_ isWell: Bool, else reason: String) -> HTTPServer.Answer {
    .init(status: isWell ? 200 : 503, text: isWell ? "ok\n" : reason)
  }

  private func run(_ consumer: inout Consumer, _ wakeup: Wakeup) {
    var known: [String: Int32] = [:]
    var next = time.monotonic
    while !stopping.token.isStopped {
      var now = time.monotonic
      heartbeat.beat(now)
      if now >= next { next = now + (look(&consumer, &known) ? Self.look : Self.retry) }
      while consumer.nextEvent() != nil {}
      let isEmpty = take(consumer.fetch(), consumer: consumer)
      now = time.monotonic
      if isEmpty {
        heartbeat.beat(now, waitingUntil: next)
        _ = time.wait(for: wakeup, until: next)
      }
    }
  }

  /// Takes the records of a batch; whether there was none.
  private func take(_ batch: consuming Batch, consumer: borrowing Consumer) -> Bool {
    let now = time.monotonic
    for place in batch.indices {
      let message = batch[place]
      guard message.kind == .record, let partition = consumer.partition(at: message.partitionIndex) else { continue }
      book.withLock { book in
        if partition.topic == plan.alerts {
          book.take(alert: message.key, value: message.value)
        } else if let value = message.value {
          book.take(reading: value, appended: message.timestamp, now: now)
        }
      }
    }
    return batch.isEmpty
  }

  /// Begins to read the partitions that are new; false if brokers don't say which there are, or not all topics exist.
  private func look(_ consumer: inout Consumer, _ known: inout [String: Int32]) -> Bool {
    do throws(KafkaError) {
      var new: [PartitionOffset] = []
      var counts = known
      for topic in [plan.readings, plan.alerts] {
        let count = try consumer.partitionCount(of: topic, within: .seconds(2))
        let first = known[topic] ?? 0
        guard count > first else { continue }
        let partitions = (first..<count).map { TopicPartition(topic, $0) }
        if topic == plan.readings, first == 0 {
          let since = WallTime(milliseconds: time.wall.milliseconds - plan.head.wholeMilliseconds)
          new += try consumer.starts(at: since, in: partitions, within: .seconds(2))
        } else {
          new += partitions.map { PartitionOffset($0, .beginning) }
        }
        counts[topic] = count
      }
      if new.isEmpty { return true }
      let held = known.flatMap { topic, count in (0..<count).map { TopicPartition(topic, $0) } }
      let positions = held.map { PartitionOffset($0, consumer.position(of: $0).map { Offset($0) } ?? .beginning) }
      try consumer.assign(positions + new)
      known = counts
      return true
    } catch {
      log.debug("the topics of the metrics can't be read yet", ["reason": .string("\(error)")])
      return false
    }
  }
}
