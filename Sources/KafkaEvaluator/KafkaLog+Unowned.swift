import Evaluator
import Kafka
import Platform

/// Finds partitions of the source topics that no member owns.
///
/// A static member that comes back gets what the group remembers. If it died in the middle of a rebalance, or its topic
/// gained partitions while it was away, a partition has no owner until a member joins anew.
struct Ownership {
  /// How long after an assignment to look: moved partitions are handed over by then.
  static let delay = Duration.seconds(5)
  /// From one look to the next.
  static let pause = Duration.seconds(10)

  /// When to look next; nil if every partition had an owner.
  var nextLook: MonotonicTime?
  /// Whether brokers are being asked.
  var isAsked = false
  /// Partitions that had no owner at the last look.
  var unowned: Set<TopicPartition> = []

  /// The group has assigned partitions.
  mutating func noteAssignment(_ now: MonotonicTime) {
    nextLook = now + Self.delay
    unowned = []
  }

  /// Takes the partitions that the group's members have; nil if unknown, or if the group is just rebalancing.
  ///
  /// - Returns: partitions that had no owner at the last look either.
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
  /// The same for a question that blocks.
  private static var countPatience: Duration { .milliseconds(300) }

  /// Asks which partitions the group's members have, if it is time to.
  mutating func lookForUnowned() {
    guard membership.standing == .inside, !ownership.isAsked, let due = ownership.nextLook, time.monotonic >= due
    else { return }
    consumer.askForMembers(within: Self.sharesPatience)
    ownership.isAsked = true
  }

  /// If a partition still has no owner, joins the group once more, which makes it assign all partitions.
  mutating func note(members: Result<[GroupMember], KafkaError>) {
    if !ownership.isAsked { return }
    // While it rebalances, a group shows no partitions of its members.
    let given = (try? members.get())?.flatMap(\.partitions) ?? []
    let shares = given.isEmpty ? nil : given
    var all: [TopicPartition] = []
    for name in names.sources {
      // A topic may have been made anew, with fewer partitions.
      let known = (try? consumer.partitionCount(of: name, within: Self.countPatience)) ?? 0
      all += (0..<known).map { TopicPartition(name, $0) }
    }
    let unowned = ownership.note(shares, of: all, time.monotonic)
    guard let first = unowned.first, !consumer.awaitsAnswer else { return }
    logger.warning(
      "a partition has no owner in the group: joining again, so that all partitions are assigned",
      ["topic": .string(first.topic), "partition": .int(first.partition), "partitions": .int(unowned.count)])
    do throws(KafkaError) {
      try consumer.unsubscribe()
      try consumer.subscribe(to: names.sources)
    } catch {
      logger.limited(trouble, .warning, "the group can't be joined again yet", ["reason": .string("\(error)")])
    }
  }
}
