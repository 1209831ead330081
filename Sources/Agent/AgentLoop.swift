import JSON
import Platform
import ProcFS
import Records
import Settings

/// The work of the agent's thread: takes a sample at each tick, encodes it as a record and ships it. Owned by that
/// thread.
struct AgentLoop: ~Copyable {
  private let plan: AgentService.Plan
  private let log: Logger
  private let time: any TimeSource
  private let topicIsReady: @Sendable (String) -> Bool
  private let ownNumbers: @Sendable () -> [(name: String, value: Double)]
  private let intervalMilliseconds: Int64
  private var sampler: Sampler?
  private var shipper: Shipper
  private var clock: TickClock
  private var ownClock: TickClock
  private var writer = Writer()
  private var losses = LossAccount()
  private var oddities = OddityLog()
  private var drift: ClockDrift
  /// Whether the topic of samples (and below, of statusd's own metrics) exists.
  private var isReady = false
  private var isOwnReady = false
  private var hasStarted = false
  /// Returns the machine's host name; nil once the name is known.
  private var machineName: (@Sendable () -> String)?
  /// The sequence numbers of the last sample and of the last record of statusd's own metrics.
  private var sequence: Int64
  private var ownSequence: Int64
  private var record: StatusRecord
  private var ownRecord: StatusRecord
  /// Counts of the work so far.
  private(set) var numbers = AgentNumbers()

  init(
    _ plan: AgentService.Plan, sampler: consuming Sampler?, shipper: consuming Shipper, log: Logger,
    time: any TimeSource, topicIsReady: @escaping @Sendable (String) -> Bool,
    ownNumbers: @escaping @Sendable () -> [(name: String, value: Double)]
  ) {
    self.plan = plan
    self.log = log
    self.time = time
    self.topicIsReady = topicIsReady
    self.ownNumbers = ownNumbers
    intervalMilliseconds = plan.agent.interval.wholeMilliseconds
    let start = time.monotonic
    clock = TickClock(start: start, interval: plan.agent.interval)
    ownClock = TickClock(start: start, interval: plan.ownInterval)
    drift = ClockDrift(wall: time.wall, monotonic: start)
    // The sequence starts at milliseconds since boot. It rises by 1 for each interval, of at least 1 ms, so a restarted
    // agent's numbers are above those of its predecessor.
    sequence = start.nanoseconds / 1_000_000
    ownSequence = sequence
    record = StatusRecord(timestamp: time.wall, host: plan.agent.host, metrics: Sampler.metrics)
    ownRecord = StatusRecord(timestamp: time.wall, host: "statusd@\(plan.agent.host)", metrics: MetricTable([]))
    machineName = Surroundings.isPlaceholder(plan.agent.host) ? plan.machineName : nil
    let bootID = Self.bootID(of: sampler)
    record.bootID = bootID
    record.tags = plan.agent.tags
    ownRecord.kind = "self"
    ownRecord.bootID = bootID
    self.sampler = sampler
    self.shipper = shipper
  }

  private static func bootID(of sampler: borrowing Sampler?) -> String? {
    switch sampler {
    case .some(let sampler): sampler.bootID
    case .none: nil
    }
  }

  /// Does the work that is due. Returns when the next work is due.
  mutating func turn() -> MonotonicTime {
    let now = time.monotonic
    takeName()
    if let tick = clock.tick(at: now) { sample(tick, at: now) }
    if ownClock.tick(at: now) != nil { tellOwnNumbers() }
    askForTopic()
    shipper.turn(at: now, isReady: isReady)
    count()
    let tick = sampler == nil ? ownClock.next : min(clock.next, ownClock.next)
    return min(tick, shipper.nextTurn(after: now) ?? tick)
  }

  /// Ships the remaining records until `deadline` of the machine's clock.
  ///
  /// - Returns: how many records no broker has acknowledged.
  mutating func finish(by deadline: MonotonicTime, wakeup: Wakeup) -> Int {
    askForTopic()
    let left = shipper.finish(by: deadline, isReady: isReady, wakeup: wakeup)
    if let loss = losses.end() { tell(loss) }
    count()
    return left
  }

  /// Takes the machine's host name once it has one.
  private mutating func takeName() {
    guard let name = machineName?(), !Surroundings.isPlaceholder(name) else { return }
    machineName = nil
    log.notice(
      "the machine has a host name now; its records carry it from now on",
      ["before": .string(record.host), "host": .string(name)])
    record.host = name
    ownRecord.host = "statusd@\(name)"
    shipper.rename(sampleKey: Array(record.host.utf8), ownKey: Array(ownRecord.host.utf8))
  }

  /// Without a sampler no sample is sent, so nothing waits for the topic of samples.
  private mutating func askForTopic() {
    if isReady { return }
    switch sampler {
    case .some: isReady = topicIsReady(plan.topic)
    case .none: isReady = true
    }
  }

  private mutating func sample(_ tick: TickClock.Tick, at now: MonotonicTime) {
    guard let sample = sampler?.sample() else { return }
    let wall = time.wall
    numbers.samples += 1
    if tick.intervals > 1 {
      let missed = tick.intervals - 1
      numbers.ticksMissed += missed
      log.warning(
        "the agent was stalled; samples were not taken", ["missed": .int(missed), "interval": .duration(interval)])
    }
    if let step = drift.step(wall: wall, monotonic: now) {
      log.notice(
        "the wall clock was set, or the machine was suspended", ["by": .duration(step), "time": .time(wall)])
    }
    for news in oddities.news(in: sample.oddities, at: now) { tell(news) }
    sequence += 1
    record.metrics = sample.values
    record.timestamp = wall
    record.intervalMilliseconds = intervalMilliseconds &* tick.intervals
    record.sequence = sequence
    writer.reset()
    record.encode(into: &writer)
    if shipper.take(.sample, writer.bytes) {
      if let loss = losses.end() { tell(loss) }
    } else if losses.lose(at: wall, sequence: sequence) {
      log.error(
        "the buffer is full because no broker accepts records; samples are being lost",
        ["since": .time(wall), "waiting": .int(numbers.recordsWaiting), "buffer": .int(plan.agent.buffer)])
    }
  }

  private var interval: Duration { plan.agent.interval }

  private mutating func tellOwnNumbers() {
    // By now everything has been started and has run once, so memory that only the start needed can be returned.
    if !hasStarted {
      hasStarted = true
      ProcessMemory.forgetStart()
    }
    ownSequence += 1
    // Old metrics are useless, so a record that can't be sent now is left out.
    guard let topic = plan.ownTopic else { return }
    isOwnReady = isOwnReady || topicIsReady(topic)
    if !isOwnReady { return }
    ownRecord.timestamp = time.wall
    ownRecord.sequence = ownSequence
    writer.reset()
    ownRecord.encode(into: &writer, others: numbers.fields + ownNumbers())
    _ = shipper.take(.own, writer.bytes)
  }

  private mutating func count() {
    numbers.samplesLost = losses.total
    numbers.recordsDelivered = shipper.account.delivered
    numbers.recordsRefused = shipper.account.setAside
    numbers.recordsWaiting = Int64(shipper.waiting)
    numbers.producersRenewed = shipper.renewals
  }

  private func tell(_ loss: Loss) {
    log.error(
      "samples were lost",
      [
        "count": .int(loss.count), "from": .time(loss.first), "to": .time(loss.last),
        "first_sequence": .int(loss.sequences.lowerBound), "last_sequence": .int(loss.sequences.upperBound),
      ])
  }

  private func tell(_ news: OddityText) {
    var facts: LogMetadata = ["file": .string(news.file), "fields": .string(news.fields)]
    if let failure = failure(ofFile: news.file) { facts.append("reason", .string(failure)) }
    log.log(news.isOrdinary ? .info : .warning, news.sentence, facts)
  }

  private func failure(ofFile name: String) -> String? {
    switch sampler {
    case .some(let sampler): sampler.failure(ofFile: name)?.reason
    case .none: nil
    }
  }
}
