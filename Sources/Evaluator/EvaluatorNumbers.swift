import Records

/// What an evaluator has done and where it stands; counters grow as long as the process lives.
public struct EvaluatorNumbers: Equatable, Sendable {
  /// Records that were read, good and bad, tombstones too.
  public var records: Int64 = 0
  /// Records that couldn't be read, by reason (the place of each in `BadReason.allCases`).
  public var badByReason = [Int64](repeating: 0, count: BadReason.allCases.count)
  /// Tombstones of a subject.
  public var tombstones: Int64 = 0
  /// Tombstones without a key.
  public var tombstonesWithoutKey: Int64 = 0
  /// Records of a partition that isn't held, or below its position: delivered twice, and left out.
  public var dropped: Int64 = 0
  /// Records that a rule found late.
  public var late: Int64 = 0
  /// Records that a rule had already.
  public var repeated: Int64 = 0
  /// Records in which a rule found no finite number in its field.
  public var badForRule: Int64 = 0
  /// Records at which a subject's clock was found set back.
  public var clocksSetBack: Int64 = 0
  /// Records that counted though their number isn't above the last one of their boot.
  public var sequencesSetBack: Int64 = 0
  /// Subjects under whose name two producers were found to send.
  public var subjectsShared: Int64 = 0
  /// Samples that left a rule's window before their time, because it held as many as are kept.
  public var samplesDropped: Int64 = 0
  /// Transitions made.
  public var transitions: Int64 = 0
  /// Transitions that went without summary and labels, because their topic takes no larger records.
  public var transitionsCut: Int64 = 0
  /// Transitions that were too large for their topic even so: nobody reads them.
  public var transitionsTooLarge: Int64 = 0
  /// Checkpoints and chunks that were too large for the changelog's topic, and aren't kept.
  public var stateTooLarge: Int64 = 0
  /// Deliveries committed: transitions, positions or both.
  public var commits: Int64 = 0
  /// Changes of the assignment.
  public var rebalances: Int64 = 0
  /// Records whose offsets were gone before they were evaluated.
  public var skippedByRetention: Int64 = 0
  /// Records of the changelog that couldn't be used.
  public var unusableCheckpoints: Int64 = 0
  /// Records that were read once more to restore state.
  public var replayed: Int64 = 0
  /// Partitions given to this evaluator whose state isn't restored yet.
  public var restoring: Int64 = 0
  /// Partitions held.
  public var partitions: Int64 = 0
  /// Records of the partitions held that are still to be evaluated; nil: not known.
  public var lag: Int64?
  /// Records of subjects that are left out because there are `max_subjects` already.
  public var subjectsRefused: Int64 = 0
  /// Subjects of which there is state.
  public var subjects: Int64 = 0
  /// Alerts that fire.
  public var firing: Int64 = 0
  /// Alerts that are pending.
  public var pending: Int64 = 0
  /// Transitions made and not yet acknowledged.
  public var undelivered: Int64 = 0
  /// Records of the log that somebody's open transaction hides just now.
  public var hidden: Int64 = 0
  /// Milliseconds: how long the record that waited longest for the last assignment did, by its Kafka time, until it was
  /// evaluated; 0: none waited.
  public var blind: Int64 = 0

  /// Nothing done yet.
  public init(lag: Int64? = nil) { self.lag = lag }

  /// The numbers that add up over several workers, each with its name as a field.
  private static let sums: [(name: String, path: WritableKeyPath<EvaluatorNumbers, Int64> & Sendable)] = [
    ("records", \.records), ("records_tombstones", \.tombstones),
    ("records_tombstones_without_key", \.tombstonesWithoutKey), ("records_dropped", \.dropped),
    ("records_late", \.late), ("records_repeated", \.repeated), ("records_bad_for_rule", \.badForRule),
    ("records_skipped", \.skippedByRetention), ("records_hidden", \.hidden),
    ("clocks_set_back", \.clocksSetBack), ("sequences_set_back", \.sequencesSetBack),
    ("subjects_shared", \.subjectsShared),
    ("samples_dropped", \.samplesDropped), ("transitions", \.transitions), ("transitions_cut", \.transitionsCut),
    ("transitions_too_large", \.transitionsTooLarge), ("state_too_large", \.stateTooLarge), ("commits", \.commits),
    ("rebalances", \.rebalances), ("records_replayed", \.replayed), ("checkpoints_unusable", \.unusableCheckpoints),
    ("partitions_restoring", \.restoring), ("partitions", \.partitions), ("subjects", \.subjects),
    ("subjects_refused", \.subjectsRefused),
    ("alerts_firing", \.firing), ("alerts_pending", \.pending), ("alerts_undelivered", \.undelivered),
  ]

  /// Adds what another worker has done. The lag isn't known where one doesn't know its own.
  package mutating func add(_ other: EvaluatorNumbers) {
    for (_, path) in Self.sums { self[keyPath: path] += other[keyPath: path] }
    for index in badByReason.indices { badByReason[index] += other.badByReason[index] }
    blind = max(blind, other.blind)
    if let sum = lag, let own = other.lag { lag = sum + own } else { lag = nil }
  }

  /// The same counters for a worker that begins anew, and holds nothing yet.
  var ofSuccessor: EvaluatorNumbers {
    var numbers = self
    for path in [\.restoring, \.partitions, \.subjects, \.firing, \.pending, \.undelivered, \.hidden, \.blind]
      as [WritableKeyPath<EvaluatorNumbers, Int64>]
    { numbers[keyPath: path] = 0 }
    numbers.lag = nil
    return numbers
  }

  /// Records that couldn't be read, for whatever reason.
  public var bad: Int64 { badByReason.reduce(0, +) }

  /// The numbers as fields of the process's own status record, so that a rule can watch them. Without `lag` where it
  /// isn't known.
  public var fields: [(name: String, value: Double)] {
    var fields = Self.sums.map { (name: $0.name, value: Double(self[keyPath: $0.path])) }
    let bad = zip(BadReason.allCases, badByReason).map { (name: "records_bad_\($0.fieldName)", value: Double($1)) }
    // Beside the records that they are part of.
    fields.insert(contentsOf: [(name: "records_bad", value: Double(self.bad))] + bad, at: 1)
    fields.append(("blind_ms", Double(blind)))
    if let lag { fields.append(("lag", Double(lag))) }
    return fields
  }
}

extension BadReason {
  /// The reason as the end of a field's name: `records_bad_not_json`.
  var fieldName: String {
    switch self {
    case .empty: "empty"
    case .notJSON: "not_json"
    case .notObject: "not_object"
    case .timestamp: "timestamp"
    case .future: "future"
    case .encoding: "encoding"
    case .subject: "subject"
    }
  }
}
