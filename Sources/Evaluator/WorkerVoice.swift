import Platform
import Records
import Rules

/// What a worker says in the log: one catalogue of its events, each kind at a bounded rate of its own.
struct WorkerVoice {
  private let log: Logger
  private let topics: [String]
  private let alerts: RateLimit
  private let bad: RateLimit
  private let happenings: RateLimit
  private let trouble: RateLimit
  private let waiting: RateLimit
  private let settling: RateLimit
  private let settlingAtFirst: RateLimit
  private var saidKeyless = Set<Int>()
  /// A delivery failed or was late since the last one that came through.
  private var isTroubled = false
  /// Since when brokers don't say where partitions are to be read from; nil: they do.
  private var unsettledSince: MonotonicTime?
  private let time: any TimeSource

  init(logger: Logger, topics: [String], time: any TimeSource) {
    log = logger
    self.topics = topics
    self.time = time
    alerts = RateLimit(20, per: .seconds(10), time: time)
    bad = RateLimit(5, per: .seconds(10), time: time)
    happenings = RateLimit(10, per: .seconds(10), time: time)
    trouble = RateLimit(1, per: .seconds(30), time: time)
    waiting = RateLimit(1, per: .seconds(30), time: time)
    settling = RateLimit(1, per: .seconds(30), time: time)
    settlingAtFirst = RateLimit(1, per: .seconds(30), time: time)
  }

  /// One line for each transition.
  func made(_ transition: Transition) {
    let isFiring = transition.status == .firing
    log.limited(
      alerts, isFiring ? .warning : .notice, isFiring ? "alert fires" : "alert is resolved",
      [
        "rule": .string(transition.rule), "subject": .string(transition.subject),
        "severity": .string(transition.severity.name), "metric": .string(transition.metric),
        "value": .double(transition.value), "threshold": .double(transition.threshold),
        "since": .time(transition.since), "at": .time(transition.timestamp),
      ])
  }

  /// What a batch brought that is worth a line.
  mutating func speak(of evaluation: inout Evaluation) {
    for record in evaluation.badRecords {
      log.limited(
        bad, .warning, "record can't be read and is skipped",
        facts(record.partition, ["offset": .int(record.offset), "reason": .string(record.reason.text)]))
    }
    evaluation.badRecords.removeAll(keepingCapacity: true)
    if let partition = evaluation.keyless, saidKeyless.insert(partition.topic).inserted {
      log.warning(
        "records without a key in a topic of several partitions: their subjects are called HOST#PARTITION; cure: let the producer set the host as the key",
        facts(partition))
    }
    evaluation.keyless = nil
    for (partition, happening) in evaluation.takeHappenings() { say(happening, in: partition) }
  }

  private func say(_ happening: Happening, in partition: LogPartition) {
    switch happening {
    case .clockSetBack(let subject, let by, let offset):
      log.limited(
        happenings, .warning, "a subject's clock was set back; its series go on from there",
        facts(partition, ["offset": .int(offset), "subject": .string(subject), "by": .duration(.milliseconds(by))]))
    case .badField(let rule, let field, let kind, let subject, let offset):
      log.limited(
        happenings, .warning, "the field that a rule watches is no number; such records are left out for that rule",
        facts(
          partition,
          [
            "offset": .int(offset), "subject": .string(subject), "rule": .string(rule), "field": .string(field),
            "kind": .string(kind.words),
          ]))
    case .neverHeld(let rule, let subject, let every, let noDataAfter):
      log.limited(
        happenings, .warning,
        "samples come more slowly than the rule's no_data_after allows: its for and keep_firing_for can't be met",
        facts(
          partition,
          [
            "subject": .string(subject), "rule": .string(rule), "every": .duration(.milliseconds(every)),
            "no_data_after": .duration(.milliseconds(noDataAfter)),
          ]))
    case .windowFull(let rule, let subject, let kept):
      log.limited(
        happenings, .warning,
        "a rule's window holds more samples than are kept, and looks at the last ones only; cure: a greater max_samples",
        facts(partition, ["subject": .string(subject), "rule": .string(rule), "max_samples": .int(kept)]))
    }
  }

  func tookRules(_ count: Int) { log.notice("new rules are in force", ["rules": .int(count)]) }

  // MARK: Delivery

  mutating func failed(_ failure: LogFailure, transitions: Int) {
    isTroubled = true
    log.limited(
      trouble, .warning, "transitions and positions can't be delivered yet; trying again",
      ["reason": .string(failure.reason), "transitions": .int(transitions)])
  }

  mutating func waits(transitions: Int) {
    isTroubled = true
    log.limited(
      waiting, .warning, "brokers haven't acknowledged transitions and positions yet; waiting",
      ["transitions": .int(transitions)])
  }

  mutating func delivered() {
    if isTroubled { log.notice("transitions and positions are delivered again") }
    isTroubled = false
  }

  func leaves(transitions: Int, positions: Int) {
    log.error(
      "stopped before everything was delivered",
      ["transitions": .int(transitions), "uncommitted_partitions": .int(positions)])
  }

  // MARK: Partitions

  mutating func joined(_ partitions: [LogPartition], at positions: [Int64?]) {
    unsettledSince = nil
    for (partition, position) in zip(partitions, positions) {
      log.info(
        "partition is evaluated here from now on",
        facts(partition, ["from": position.map { .int($0) } ?? "beginning"]))
    }
  }

  func released(_ partitions: [LogPartition], lost: Bool, isDelivered: Bool) {
    for partition in partitions {
      if lost {
        log.warning("partition is lost: the group gave it to somebody else", facts(partition))
      } else if isDelivered {
        log.info("partition is handed over", facts(partition))
      } else {
        log.warning("partition is handed over before its positions could be committed", facts(partition))
      }
    }
  }

  func skipped(_ partition: LogPartition, from: Int64, to: Int64) {
    log.error(
      "retention passed the position: records were deleted before they could be evaluated",
      facts(partition, ["from": .int(from), "to": .int(to), "records": .int(to - from)]))
  }

  func beginsAnew(_ partition: LogPartition, from: Int64, to: Int64) {
    log.error(
      "the log ends before the position, so it isn't the log that the position was committed in; evaluated from its beginning",
      facts(partition, ["position": .int(from), "from": .int(to)]))
  }

  /// Brokers that have just started, and a coordinator that loads, need a moment: only what goes on is a warning.
  mutating func cannotSettle(_ failure: LogFailure) {
    let began = unsettledSince ?? time.monotonic
    unsettledSince = began
    let isLong = time.monotonic - began >= .seconds(10)
    log.limited(
      isLong ? settling : settlingAtFirst, isLong ? .warning : .info,
      "brokers don't say yet where partitions are to be read from; asking again",
      ["reason": .string(failure.reason)])
  }

  private func facts(_ partition: LogPartition, _ more: LogMetadata = [:]) -> LogMetadata {
    var facts: LogMetadata = [
      "topic": .string(topics[partition.topic]), "partition": .int(partition.number),
    ]
    facts.facts += more.facts
    return facts
  }
}

extension Field.Kind {
  fileprivate var words: String {
    switch self {
    case .string: "a string"
    case .bool: "true or false"
    case .null: "null"
    case .nested: "an object or an array"
    case .overflow: "a number beyond a double's range"
    }
  }
}
