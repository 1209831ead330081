import Platform
import Records
import Rules

/// A worker's log lines, in one place. Each kind has a bounded rate of its own.
package struct WorkerVoice {
  let log: Logger
  let topics: [String]
  private let alerts: RateLimit
  private let bad: RateLimit
  private let happenings: RateLimit
  private let trouble: RateLimit
  private let waiting: RateLimit
  private let settling: RateLimit
  private let settlingAtFirst: RateLimit
  private let progress: RateLimit
  private let unusable: RateLimit
  private let hiding: RateLimit
  let clock: RateLimit
  let exceeding: RateLimit
  let silence: RateLimit
  let crowd: RateLimit
  private let misfitting: RateLimit
  private var saidKeyless = Set<Int>()
  /// Whether a delivery has failed or waited since the last one that was delivered.
  private var isTroubled = false
  /// When brokers first failed to answer questions about partitions; nil once a partition is live.
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
    progress = RateLimit(1, per: .seconds(5), time: time)
    unusable = RateLimit(5, per: .seconds(10), time: time)
    hiding = RateLimit(1, per: .seconds(30), time: time)
    clock = RateLimit(1, per: .seconds(60), time: time)
    exceeding = RateLimit(5, per: .seconds(60), time: time)
    silence = RateLimit(1, per: .seconds(60), time: time)
    crowd = RateLimit(1, per: .seconds(600), time: time)
    misfitting = RateLimit(5, per: .seconds(60), time: time)
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

  /// Logs what is notable in a batch.
  mutating func speak(of evaluation: inout Evaluation) {
    for record in evaluation.badRecords {
      if let ahead = record.ahead {
        say(ahead, of: record)
        continue
      }
      log.limited(
        bad, .warning, "record can't be read and is skipped",
        facts(record.partition, ["offset": .int(record.offset), "reason": .string(record.reason.text)]))
    }
    evaluation.badRecords.removeAll(keepingCapacity: true)
    if let partition = evaluation.keyless, saidKeyless.insert(partition.topic).inserted {
      if evaluation.sources[partition.topic].isOfStream {
        isSpread(partition)
      } else {
        log.warning(
          "records without a key in a topic of several partitions: their subjects are called HOST#PARTITION; cure: let the producer set the host as the key",
          facts(partition))
      }
    }
    evaluation.keyless = nil
    if let grown = evaluation.grown { hasGrown(grown.topic, from: grown.from, to: grown.to) }
    evaluation.grown = nil
    for (partition, happening) in evaluation.takeHappenings() { say(happening, in: partition) }
  }

  /// One record doesn't show which clock is wrong, so both are named.
  private func say(_ ahead: Evaluation.BadRecord.Ahead, of record: Evaluation.BadRecord) {
    var more: LogMetadata = ["offset": .int(record.offset), "reason": .string(record.reason.text)]
    if let subject = ahead.subject { more.append("subject", .string(subject)) }
    if let by = ahead.by { more.append("ahead", .duration(.milliseconds(by))) }
    log.limited(
      bad, .warning,
      ahead.isOfBroker
        ? "a record's time is ahead of the broker's clock by more than max_future, and it is skipped; cure: set the clock of its host, or that of the broker"
        : "a record's time is ahead of its Kafka time, which its sender gave it, by more than max_future, and it is skipped; cure: set the clock of its host, or that of the sender",
      facts(record.partition, more))
  }

  /// Records have Kafka times ahead of this machine's clock.
  func isClockBehind(by ahead: Duration) {
    log.limited(
      clock, .warning,
      "records' Kafka times are ahead of this machine's clock; alerts don't depend on it, but the ages that statusd shows do; cure: set this machine's clock, or that of the brokers or producers",
      ["ahead": .duration(ahead)])
  }

  private func say(_ happening: Happening, in partition: LogPartition) {
    switch happening {
    case .clockSetBack(let subject, let by, let offset):
      log.limited(
        happenings, .warning, "a subject's clock was set back; its series go on from there",
        facts(partition, ["offset": .int(offset), "subject": .string(subject), "by": .duration(.milliseconds(by))]))
    case .numbersFell(let subject, let boot, let from, let to, let offset):
      log.limited(
        happenings, .warning,
        "a subject's sequence went back within one boot_id; its records are ordered by their times; cause: a repeated boot_id, or two producers with the same one",
        facts(
          partition,
          [
            "offset": .int(offset), "subject": .string(subject), "boot_id": .string(boot), "from": .int(from),
            "to": .int(to),
          ]))
    case .sharedName(let subject, let boots, let offset):
      log.limited(
        happenings, .warning,
        "two producers send under one name, and their records count as one host's; cure: give each a name of its own",
        facts(
          partition,
          [
            "offset": .int(offset), "subject": .string(subject),
            "boot_ids": .string(boots.joined(separator: " and ")),
          ]))
    case .subjectRefused(let subject, let limit, let offset):
      log.limited(
        happenings, .error,
        "more hosts than max_subjects: records of new hosts are ignored, known hosts go on; cure: a greater [evaluator] max_subjects and the memory for it ('statusd check --print' says how much), or an end to made-up names",
        facts(
          partition,
          ["offset": .int(offset), "subject": .string(subject), "max_subjects": .int(limit)]))
    case .badField(let rule, let field, let kind, let subject, let offset):
      log.limited(
        happenings, .warning, "the field that a rule watches is no number; the rule ignores such records",
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
        "a rule's window has more samples than are kept, and only the last ones count; cure: a greater max_samples",
        facts(partition, ["subject": .string(subject), "rule": .string(rule), "max_samples": .int(kept)]))
    }
  }

  func tookRules(_ count: Int) { log.notice("new rules are in force", ["rules": .int(count)]) }

  /// The rules of a reload are too large for the changelog.
  func refusesRules(_ count: Int, bytes: Int, room: Int) {
    log.error(
      "the new rules don't fit into a record of the changelog, and are refused; the old ones stay in force; cure: fewer or shorter rules, or a greater max.message.bytes of the topic",
      ["rules": .int(count), "bytes": .int(bytes), "limit": .int(room)])
  }

  // MARK: Delivery

  /// Records of a delivery were too large for their topics.
  func delivered(_ misfits: Misfits) {
    if let first = misfits.firstBare {
      log.limited(
        misfitting, .warning,
        "alerts too large for their topic went without summary and labels; cure: shorter ones, or a greater max.message.bytes of the topics alerts and alerts_current",
        facts(misfits.bare, first))
    }
    if let first = misfits.firstAbsent {
      log.limited(
        misfitting, .error,
        "alerts too large for their topic, even without summary and labels, were not delivered; cure: a greater max.message.bytes of the topics alerts and alerts_current",
        facts(misfits.absent, first))
    }
    if let first = misfits.firstState {
      log.limited(
        misfitting, .error,
        "the state of subjects is too large for the changelog and isn't kept: after a restart their series begin anew; cure: a greater max.message.bytes of the topic changelog",
        ["count": .int(misfits.state), "bytes": .int(first.bytes)])
    }
  }

  func facts(_ count: Int, _ first: Misfits.Example) -> LogMetadata {
    [
      "count": .int(count), "alert": .string(String(decoding: first.key.prefix(200), as: UTF8.self)),
      "bytes": .int(first.bytes),
    ]
  }

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

  /// It is unknown whether a delivery was committed.
  mutating func restoresAll(_ failure: LogFailure, transitions: Int) {
    isTroubled = true
    log.limited(
      trouble, .warning, "nobody knows what became of a delivery: state is restored from the changelog",
      ["reason": .string(failure.reason), "transitions": .int(transitions)])
  }

  /// The worker ends.
  func ends(_ failure: LogFailure) {
    let reason: LogMetadata = ["reason": .string(failure.reason)]
    if failure.remedy == .leave {
      log.critical(
        "another evaluator goes by this one's name: give each a [run] instance of its own; this one stands down for a minute",
        reason)
    } else {
      log.critical(
        "the evaluator can't go on until the reason is removed; beside an agent it tries again in a minute, alone it ends",
        reason)
    }
  }

  // MARK: Partitions

  /// How far the changelog has been read.
  func restores(_ partition: LogPartition, read: Int64, of end: Int64) {
    log.limited(
      progress, .info, "a partition's state is being restored",
      facts(partition, ["changelog_offset": .int(read), "changelog_end": .int(end)]))
  }

  /// The changelog has been read, and the state restored from it.
  func restored(
    _ partition: LogPartition, _ start: StartPosition, records: Int, subjects: Int, in duration: Duration
  ) {
    log.info(
      "a partition's state is restored",
      facts(
        partition,
        [
          "records": .int(records), "subjects": .int(subjects), "took": .duration(duration),
          "replay_from": .int(start.replayStart), "position": .int(start.position),
        ]))
  }

  /// While an open transaction hides records of a partition, no subject after them is declared silent.
  func hides(_ part: HiddenRecords.Part, in place: LogPosition) {
    log.limited(
      hiding, .warning,
      "an open transaction hides records: they aren't evaluated, and no subject after them is declared silent; cure: if its producer is gone for good, kafka-transactions.sh (find-hanging, abort)",
      facts(
        place.partition, ["from": .int(place.position), "hidden": .int(part.count), "since": .time(part.since)]))
  }

  /// The transaction that hid records is over.
  func hidesNoMore(in partition: LogPartition) {
    log.info("no open transaction hides records of the partition any more; they are evaluated", facts(partition))
  }

  /// An open transaction hides the changelog's end.
  func hidesState(of partition: LogPartition, read: Int64, of end: Int64, for duration: Duration) {
    log.limited(
      hiding, .warning,
      "an open transaction hides the changelog's end: the partition can't be restored; cure: if its producer is gone for good, kafka-transactions.sh (find-hanging, abort)",
      facts(partition, ["changelog_offset": .int(read), "changelog_end": .int(end), "for": .duration(duration)]))
  }

  /// A broker has probably committed a transaction of this worker's without writing the changelog's marker.
  func endsForgotten(of partition: LogPartition, read: Int64, of end: Int64) {
    log.warning(
      "a transaction hides the changelog's end, as after a broker was killed that had just committed it: statusd writes an empty record, which ends the transaction if it is its own; until its next transition, alerts and alerts-current may be hidden from readers",
      facts(partition, ["changelog_offset": .int(read), "changelog_end": .int(end)]))
  }

  /// Records are evaluated.
  mutating func isLive(_ partition: LogPartition, from position: Int64) {
    unsettledSince = nil
    log.info("partition is evaluated here from now on", facts(partition, ["from": .int(position)]))
  }

  /// While a new file is rolled out, one evaluator has it first. If this line keeps coming, their files differ.
  func differs(from other: String, in partition: LogPartition) {
    log.warning(
      "another evaluator of this group had other rules in force here; from now on this one's apply; cure: give all evaluators the same file",
      facts(partition, ["instance": .string(other)]))
  }

  /// A record of the changelog that can't be used.
  func cannotUse(_ problem: ChangelogStore.Problem, number: Int32) {
    log.limited(
      unusable, .error, "a record of the changelog can't be used; series whose state it held begin anew",
      [
        "partition": .int(number), "offset": .int(problem.offset), "reason": .string(problem.problem.text),
      ])
  }

  /// Logged again each minute, at the next attempt.
  func mayNotRead(_ partition: LogPartition) {
    log.error(
      "brokers don't let this evaluator read a source topic; it isn't evaluated, and is tried again in a minute",
      facts(
        partition,
        [
          "remedy": .string(
            "kafka-acls.sh --add --allow-principal User:NAME --operation Read --topic '\(topics[partition.topic])'")
        ]))
  }

  /// - Parameter cause: why the group took them without asking; nil if it asked.
  func released(_ partitions: [LogPartition], lostFor cause: LossCause?, isDelivered: Bool) {
    for partition in partitions {
      if let cause {
        log.warning(cause.sentence, facts(partition))
      } else if isDelivered {
        log.info("partition is handed over", facts(partition))
      } else {
        log.warning("partition is handed over before its positions could be committed", facts(partition))
      }
    }
  }

  /// Brokers that have just started, and a coordinator that loads, need a moment: only a long failure is a warning.
  mutating func cannotSettle(_ failure: LogFailure) {
    let began = unsettledSince ?? time.monotonic
    unsettledSince = began
    let isLong = time.monotonic - began >= .seconds(10)
    log.limited(
      isLong ? settling : settlingAtFirst, isLong ? .warning : .info,
      "brokers don't answer questions about partitions yet; asking again",
      ["reason": .string(failure.reason)])
  }

  func facts(_ partition: LogPartition, _ more: LogMetadata = [:]) -> LogMetadata {
    var facts: LogMetadata = [
      "topic": .string(topics[partition.topic]), "partition": .int(partition.number),
    ]
    facts.facts += more.facts
    return facts
  }
}

extension LossCause {
  /// The log line for each partition.
  var sentence: StaticString {
    switch self {
    case .brokersAway:
      "partition is lost: brokers were away for longer than the group waits for its members; it comes back when they do"
    case .topicGone: "partition is lost: its topic isn't there any more"
    case .replaced: "partition is lost: another member has joined the group under this one's name"
    case .unknown:
      "partition is lost: the group heard nothing of this evaluator for too long, and may have given it to another"
    }
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
