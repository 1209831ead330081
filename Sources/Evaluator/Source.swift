import Records
import Rules

/// A source topic with everything that differs from other topics: its rules, the reader of its records, its keys in the
/// changelog. Each partition refers to its source.
final class Source {
  /// The topic's name.
  let topic: String
  /// The group's keys in the changelog for this topic.
  let scope: ChangelogScope
  /// The rules in force for its records.
  private(set) var rules: RuleSet
  /// How many partitions the topic has, as far as known.
  private(set) var partitionCount: Int32 = 1
  private var isCountKnown = false
  /// Reads the fields that the rules need. Partitions keep the pointer, because counting references would cost too much
  /// at a million records a second.
  let reader: UnsafeMutablePointer<RecordReader>
  private let maxFuture: Int64

  /// - Parameter maxFuture: milliseconds that a record's own time may be ahead of its Kafka time.
  init(topic: String, group: String, rules: RuleSet, maxFuture: Int64) {
    self.topic = topic
    self.rules = rules
    self.maxFuture = maxFuture
    scope = ChangelogScope(group: group, topic: topic)
    reader = .allocate(capacity: 1)
    reader.initialize(to: RecordReader(plan: rules.plan, maxFuture: maxFuture))
  }

  deinit {
    reader.deinitialize(count: 1)
    reader.deallocate()
  }

  /// `rules` apply from the next record on.
  func replaceRules(_ rules: RuleSet) {
    self.rules = rules
    reader.deinitialize(count: 1)
    reader.initialize(to: RecordReader(plan: rules.plan, maxFuture: maxFuture))
  }

  /// Whether these are the records of a stream.
  var isOfStream: Bool { rules.plan.form != .status }

  /// The topic has this many partitions. Returns how many it had if it has grown; nil otherwise.
  func count(partitions count: Int32) -> Int32? {
    defer { (partitionCount, isCountKnown) = (count, true) }
    return isCountKnown && count > partitionCount ? partitionCount : nil
  }

  /// An engine without state, for a partition of the topic.
  func makeEngine(partition: Int32, _ plan: WorkerPlan) -> Engine {
    Engine(rules: rules, topic: topic, partition: partition, room: room(plan))
  }

  /// The places that its subjects take.
  func room(_ plan: WorkerPlan) -> SubjectRoom { isOfStream ? plan.streamRoom : plan.room }
}
