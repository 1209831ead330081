import Evaluator
import Kafka
import Platform

/// Whether each partition of the source topics belongs to somebody.
///
/// A static member that comes back gets what the group remembers. Where it died in the middle of a rebalance, or its topic
/// got partitions while it was away, that leaves a partition to nobody, until somebody joins anew.
struct Ownership {
  /// How long after an assignment it is looked at: what moves is handed over by then.
  static let delay = Duration.seconds(5)
  /// From one look to the next.
  static let pause = Duration.seconds(10)

  /// When it is looked at next; nil: everything had an owner.
  var nextLook: MonotonicTime?
  /// Brokers are asked.
  var isAsked = false
  /// Partitions that had no owner when it was looked at last.
  var unowned: Set<TopicPartition> = []
  /// How many partitions each source topic has, as far as is known.
  var counts: [Int: Int32] = [:]

  /// The group has given out partitions.
  mutating func noteAssignment(_ now: MonotonicTime) {
    nextLook = now + Self.delay
    unowned = []
  }

  /// What the group says of its shares; nil: nothing, or it is just sharing out.
  ///
  /// - Returns: partitions that had no owner the last time either.
  mutating func note(_ shares: [TopicPartition]?, of all: [TopicPartition], _ now: MonotonicTime) -> [TopicPartition] {
    isAsked = false
    nextLook = now + Self.pause
    guard let shares else { return [] }
    let missing = Set(all).subtracting(shares)
    let still = missing.intersection(unowned)
    unowned = missing
    if missing.isEmpty { nextLook = nil }
    return still.sorted { ($0.topic, $0.partition) < ($1.topic, $1.partition) }
  }
}

extension KafkaLog {
  /// How long brokers may take to answer.
  private static var sharesPatience: Duration { .seconds(5) }
  /// The same where the answer is waited for.
  private static var countPatience: Duration { .milliseconds(300) }

  /// Asks for the group's shares, where it is time to.
  mutating func lookForUnowned() {
    guard membership.standing == .inside, !ownership.isAsked, let due = ownership.nextLook, time.monotonic >= due
    else { return }
    consumer.askForMembers(within: Self.sharesPatience)
    ownership.isAsked = true
  }

  /// Where a partition goes on to be nobody's, joins the group once more, which makes it share out all there is.
  mutating func note(members: Result<[GroupMember], KafkaError>) {
    if !ownership.isAsked { return }
    // A group that is just sharing out anew tells of nobody's partitions.
    let given = (try? members.get())?.flatMap(\.partitions) ?? []
    let shares = given.isEmpty ? nil : given
    var all: [TopicPartition] = []
    for (topic, name) in names.sources.enumerated() {
      let known = ownership.counts[topic] ?? (try? consumer.partitionCount(of: name, within: Self.countPatience)) ?? 0
      all += (0..<known).map { TopicPartition(name, $0) }
    }
    let unowned = ownership.note(shares, of: all, time.monotonic)
    guard let first = unowned.first, !consumer.awaitsAnswer else { return }
    logger.warning(
      "a partition is nobody's in the group: joining it again, so that all are given out",
      ["topic": .string(first.topic), "partition": .int(first.partition), "partitions": .int(unowned.count)])
    do throws(KafkaError) {
      try consumer.unsubscribe()
      try consumer.subscribe(to: names.sources)
    } catch {
      logger.limited(trouble, .warning, "the group can't be joined again yet", ["reason": .string("\(error)")])
    }
  }
}
