/// What an evaluator has done and where it stands; counters grow as long as the process lives.
public struct EvaluatorNumbers: WorkersNumbers, Equatable {
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

  /// The table of the evaluator's own metrics. A new one is a property above and a line here.
  public static let metrics: [OwnMetric<EvaluatorNumbers>] =
    [
      .counter("records", \.records),
      .counter("records_bad", reading: \.bad),
    ]
    + BadReason.allCases.map { .counter("records_bad_\($0.fieldName)", \.badByReason[Int($0.rawValue)]) } + [
      .counter("records_tombstones", \.tombstones),
      .counter("records_tombstones_without_key", \.tombstonesWithoutKey),
      .counter("records_dropped", \.dropped),
      .counter("records_late", \.late),
      .counter("records_repeated", \.repeated),
      .counter("records_bad_for_rule", \.badForRule),
      .counter("records_skipped", \.skippedByRetention),
      .gauge("records_hidden", \.hidden),
      .counter("clocks_set_back", \.clocksSetBack),
      .counter("sequences_set_back", \.sequencesSetBack),
      .counter("subjects_shared", \.subjectsShared),
      .counter("samples_dropped", \.samplesDropped),
      .counter("transitions", \.transitions),
      .counter("transitions_cut", \.transitionsCut),
      .counter("transitions_too_large", \.transitionsTooLarge),
      .counter("state_too_large", \.stateTooLarge),
      .counter("commits", \.commits),
      .counter("rebalances", \.rebalances),
      .counter("records_replayed", \.replayed),
      .counter("checkpoints_unusable", \.unusableCheckpoints),
      .gauge("partitions_restoring", \.restoring),
      .gauge("partitions", \.partitions),
      .gauge("subjects", \.subjects),
      .counter("subjects_refused", \.subjectsRefused),
      .gauge("alerts_firing", \.firing),
      .gauge("alerts_pending", \.pending),
      .gauge("alerts_undelivered", \.undelivered),
      .greatest("blind_ms", \.blind),
      .gauge("lag", ifKnown: \.lag),
    ]

  /// Records that couldn't be read, for whatever reason.
  public var bad: Int64 { badByReason.reduce(0, +) }
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
