import Evaluator
import Kafka
import Platform

/// How large the records of a delivery may be, and its batches: what the topics say, and what refusals have shown.
///
/// Decisions only; `KafkaLog` asks the brokers.
struct RecordSizes {
  /// Beside key and value, bytes of a record that is alone in its batch: the batch's header has 61, the record's own
  /// fields 27 at most.
  static let overhead = 100
  /// From one question to the next, unless a record was refused.
  static let pause = Duration.seconds(60)
  /// How long a refusal counts of which no topic's configuration tells the reason.
  static let memory = Duration.seconds(600)

  /// What the client itself takes: `message.max.bytes`.
  let client: Int
  private let topics: [String]
  /// `max.message.bytes` by topic, as brokers said.
  private var said: [String: Int] = [:]
  /// Bytes of key and value by topic, one less than what was refused.
  private var shown: [String: Int] = [:]
  private var bound: BatchBound
  private var lastAsked: MonotonicTime?
  private var lastRefused: MonotonicTime?
  /// A record was refused since the last question.
  private var isSurprised = false

  /// - Parameters:
  ///   - client: `message.max.bytes`.
  ///   - topics: all that deliveries are written to.
  init(client: Int, topics: [String]) {
    self.client = client
    self.topics = topics
    bound = BatchBound(min(BatchBound.usual, client))
  }

  /// Whether brokers were asked, whatever they said.
  var wasAsked: Bool { lastAsked != nil }

  /// Bytes of a batch at most.
  var batch: Int { topics.reduce(bound.bytes) { min($0, said[$1] ?? .max) } }

  /// Bytes of key and value of a record at most.
  func room(in topic: String) -> Int {
    let own = min(client, (said[topic] ?? .max) - Self.overhead)
    return max(0, min(own, shown[topic] ?? .max))
  }

  /// Whether the topics are to be asked how much they take.
  ///
  /// - Parameter largest: bytes of the largest record by topic. One that a topic doesn't take is reason to ask whether it
  ///   does by now.
  func mustAsk(_ largest: [String: Int], at now: MonotonicTime) -> Bool {
    if isSurprised { return true }
    guard let lastAsked else { return true }
    if now - lastAsked >= Self.memory, topics.contains(where: { said[$0] == nil }) { return true }
    return now - lastAsked >= Self.pause && largest.contains { $0.value > room(in: $0.key) }
  }

  /// Brokers were asked; topics of which they didn't tell this time are missing, and keep what was said of them before.
  mutating func told(_ limits: [String: Int], at now: MonotonicTime) {
    lastAsked = now
    let before = said
    said.merge(limits) { $1 }
    // What was refused is explained by a limit that fell.
    let isExplained = topics.contains { (limits[$0] ?? .max) < (before[$0] ?? .max) }
    isSurprised = false
    if isExplained || lastRefused.map({ now - $0 > Self.memory }) ?? false { forget() }
  }

  /// A topic refused a record of `size` bytes, key and value, the smallest of those refused.
  ///
  /// - Parameter batch: the bound of the batches that it was sent in.
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
