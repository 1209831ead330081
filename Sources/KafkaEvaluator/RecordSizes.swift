import Evaluator
import Kafka
import Platform

/// The maximum sizes of a delivery's records and batches: what the topics say, and what refusals have shown.
///
/// It only decides; `KafkaLog` asks the brokers.
struct RecordSizes {
  /// Bytes of a record alone in its batch, besides key and value: the batch's header has 61, the record's own fields
  /// have 27 at most.
  static let overhead = 100
  /// From one question to the next, unless a record was refused.
  static let pause = Duration.seconds(60)
  /// How long a refusal counts if no topic's configuration explains it.
  static let memory = Duration.seconds(600)

  /// The client's own limit: `message.max.bytes`.
  let client: Int
  private let topics: [String]
  /// `max.message.bytes` by topic, as brokers said.
  private var said: [String: Int] = [:]
  /// The largest key and value by topic, in bytes: one byte less than what was refused.
  private var shown: [String: Int] = [:]
  private var bound: BatchBound
  private var lastAsked: MonotonicTime?
  private var lastRefused: MonotonicTime?
  /// Whether a record was refused since the last question.
  private var isSurprised = false

  /// - Parameters:
  ///   - client: `message.max.bytes`.
  ///   - topics: all topics that deliveries are written to.
  init(client: Int, topics: [String]) {
    self.client = client
    self.topics = topics
    bound = BatchBound(min(BatchBound.usual, client))
  }

  /// Whether brokers were asked, whether they answered or not.
  var wasAsked: Bool { lastAsked != nil }

  /// The maximum bytes of a batch.
  var batch: Int { topics.reduce(bound.bytes) { min($0, said[$1] ?? .max) } }

  /// The maximum bytes of a record's key and value.
  func room(in topic: String) -> Int {
    let own = min(client, (said[topic] ?? .max) - Self.overhead)
    return max(0, min(own, shown[topic] ?? .max))
  }

  /// Whether to ask the topics for their limits.
  ///
  /// - Parameter largest: bytes of the largest record by topic. If one doesn't fit, the topic's limit may have changed.
  func mustAsk(_ largest: [String: Int], at now: MonotonicTime) -> Bool {
    if isSurprised { return true }
    guard let lastAsked else { return true }
    if now - lastAsked >= Self.memory, topics.contains(where: { said[$0] == nil }) { return true }
    return now - lastAsked >= Self.pause && largest.contains { $0.value > room(in: $0.key) }
  }

  /// Brokers were asked. Topics that are missing from the answer keep their earlier limit.
  mutating func told(_ limits: [String: Int], at now: MonotonicTime) {
    lastAsked = now
    let before = said
    said.merge(limits) { $1 }
    // A limit that fell explains the refusals.
    let isExplained = topics.contains { (limits[$0] ?? .max) < (before[$0] ?? .max) }
    isSurprised = false
    if isExplained || lastRefused.map({ now - $0 > Self.memory }) ?? false { forget() }
  }

  /// A topic refused a record of `size` bytes, key and value, the smallest of those refused.
  ///
  /// - Parameter batch: the bound on the batches that it was sent in.
  mutating func refused(topic: String, size: Int, inBatchesOf batch: Int, at now: MonotonicTime) {
    (isSurprised, lastRefused) = (true, now)
    var smaller = BatchBound(batch)
    switch smaller.refused(size: size) {
    case .tooLarge: shown[topic] = min(size - 1, shown[topic] ?? .max)
    case .tryAgain: bound = BatchBound(min(bound.bytes, smaller.bytes))
    }
  }

  private mutating func forget() {
    shown = [:]
    bound = BatchBound(min(BatchBound.usual, client))
    lastRefused = nil
  }
}
