import Records
import Rules

/// A source topic and all that differs from one to the next: its rules, the reader of its records, its keys in the
/// changelog. Each partition points to its source.
final class Source {
  /// The topic's name.
  let topic: String
  /// The group's keys in the changelog for this topic.
  let scope: ChangelogScope
  /// The rules in force for its records.
  private(set) var rules: RuleSet
  /// How many partitions the topic has, as far as is known.
  var partitionCount: Int32 = 1
  /// Reads its records: the fields that its rules need. Behind a pointer, which partitions keep: at a million records a
  /// second nobody can count references for each of them.
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

  /// From the next record on `rules` hold.
  func replaceRules(_ rules: RuleSet) {
    self.rules = rules
    reader.deinitialize(count: 1)
    reader.initialize(to: RecordReader(plan: rules.plan, maxFuture: maxFuture))
  }

  /// An engine for a partition of the topic of which nothing is known.
  func makeEngine(partition: Int32, room: SubjectRoom) -> Engine {
    Engine(rules: rules, topic: topic, partition: partition, room: room)
  }
}
