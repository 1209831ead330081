import Evaluator
import Kafka
import Platform

/// The sizes of records and batches that topics take: asked for, and learnt from refusals.
extension KafkaLog {
  /// How long brokers may take to tell the topics' limits.
  private static var sizePatience: Duration { .seconds(1) }

  mutating func room(for largest: RecordRoom, until deadline: MonotonicTime) -> RecordRoom {
    let wanted = [
      (names.alerts, largest.results), (names.alertsCurrent, largest.alertsCurrent),
      (names.changelog, largest.changelog),
    ]
    let byTopic = Dictionary(wanted) { max($0, $1) }
    let now = time.monotonic
    if sizes.mustAsk(byTopic, at: now) { askSizes(within: min(Self.sizePatience, max(.zero, deadline - now))) }
    return RecordRoom(
      results: sizes.room(in: names.alerts), alertsCurrent: sizes.room(in: names.alertsCurrent),
      changelog: sizes.room(in: names.changelog))
  }

  /// Asks for the topics' limits the first time, before anything is delivered.
  mutating func askSizesFirst(until deadline: MonotonicTime) {
    if !sizes.wasAsked { askSizes(within: min(Self.sizePatience, max(.zero, deadline - time.monotonic))) }
  }

  /// Asks brokers for the topics' limits.
  mutating func askSizes(within limit: Duration) {
    let topics = [names.alerts, names.alertsCurrent, names.changelog]
    var found: [String: [String: String]] = [:]
    do throws(KafkaError) {
      found = try Admin.ask(configuration, log: logger) { admin throws(KafkaError) in
        try admin.configurations(of: topics, within: limit)
      }
    } catch {
      // Without the right to ask, or if brokers can't tell, a refusal shows the limit.
      logger.debug("brokers don't say how large records may be", ["reason": .string("\(error)")])
    }
    sizes.told(found.compactMapValues { $0["max.message.bytes"].flatMap { Int($0) } }, at: time.monotonic)
  }

  /// Throws if librdkafka itself wouldn't take the record: the delivery is aborted in good order, and fitted anew.
  mutating func checkSize(_ size: Int, in topic: String) throws(LogFailure) {
    if size <= sizes.client { return }
    sizes.refused(topic: topic, size: size, inBatchesOf: 1, at: time.monotonic)
    throw LogFailure(.deliverAgain, reason: "a record of \(size) bytes is more than the client takes")
  }

  /// Takes the reported refusals of records that are too large.
  mutating func noteRefusals() {
    let refused = mode == .transactions ? transactions?.takeTooLarge() ?? [:] : steps.tooLarge
    steps.tooLarge = [:]
    if !refused.isEmpty { isSpoilt = true }
    for (topic, size) in refused {
      sizes.refused(topic: topic, size: size, inBatchesOf: batchBytes, at: time.monotonic)
    }
  }

  /// Replaces the producer, which has nothing open, if batches must be smaller from now on or a record was refused for
  /// its size.
  ///
  /// After such a refusal librdkafka 2.0.2 goes on with sequence numbers that brokers haven't seen, and fails once more
  /// (OUT_OF_ORDER_SEQUENCE_NUMBER).
  mutating func renewUnfitProducer() throws(LogFailure) {
    if batchBytes != sizes.batch || isSpoilt {
      dropTransactions()
      if let old = steps.producer.take() { _ = old.close(by: time.monotonic) }
      batchBytes = sizes.batch
      (isSpoilt, isRenewing) = (false, true)
    }
    guard isRenewing else { return }
    do throws(KafkaError) {
      try makeProducer()
      if mode == .transactions { try transactions?.initialize(within: Self.sizePatience) }
      isRenewing = false
    } catch {
      // Nothing has begun: the same call is repeated.
      if error.remedy != .retry { dropTransactions() }
      throw LogFailure(.retry, reason: "\(error)")
    }
  }
}

extension Configuration {
  /// Bytes of a record's key and value that a producer takes: `message.max.bytes`.
  var greatestRecord: Int {
    properties.last { $0.name == "message.max.bytes" }.flatMap { Int($0.value) } ?? 1_000_000
  }
}
