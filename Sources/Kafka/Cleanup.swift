import Platform

/// How brokers remove a topic's old records.
public struct Cleanup: Equatable, Sendable {
  /// `cleanup.policy` as written in the topic's configuration.
  public var policy: String
  /// Whether compaction removes all but the last record of each key.
  public var compacts: Bool
  /// Whether records are deleted by age or size, including the last one of a key.
  public var deletes: Bool

  /// Compaction only: the last record of each key is kept forever.
  public static let compacted = Cleanup(policy: "compact", compacts: true, deletes: false)
}

extension Cleanup {
  /// The cleanup that a topic's configuration describes; nil if it has no `cleanup.policy`.
  public init?(_ configuration: [String: String]) {
    guard let policy = configuration["cleanup.policy"] else { return nil }
    let words = policy.split(separator: ",").map { $0.filter { $0 != " " } }
    self.policy = policy
    compacts = words.contains("compact")
    let isBounded = configuration["retention.ms"] != "-1" || configuration["retention.bytes", default: "-1"] != "-1"
    deletes = words.contains("delete") && isBounded
  }

  /// The problem of this cleanup if the topic's records need `wanted`; nil if there is none.
  public func problem(wanted: Cleanup) -> Problem? {
    if wanted.compacts {
      if deletes { return .deletesState }
      return compacts ? nil : .keepsAll
    }
    return compacts ? .dropsHistory : nil
  }

  /// A mismatch between a topic's cleanup and what its records need.
  public enum Problem: Equatable, Sendable {
    /// The last record of a key is deleted, too: state that is still valid is lost.
    case deletesState
    /// The topic grows without limit, and reading it takes ever longer.
    case keepsAll
    /// Earlier records of a key are removed: later readers miss them.
    case dropsHistory

    /// The problem and its effect, for the log.
    public var words: StaticString {
      switch self {
      case .deletesState:
        "the topic must keep the last record of each key, but deletes old records: state that is still valid is lost; what is lost before this is corrected returns only when it changes again"
      case .keepsAll: "the topic needs only the last record of each key, but keeps all records: it grows without limit"
      case .dropsHistory: "the topic must keep every record, but is compacted: earlier records of a key are lost"
      }
    }
  }
}

extension Cleanup {
  /// The command of Kafka's own tools that sets this policy on `topic`.
  public func command(topic: String, brokers: String) -> String {
    "kafka-configs.sh --bootstrap-server \(brokers) --alter --entity-type topics --entity-name \(topic)"
      + " --add-config cleanup.policy=\(policy)"
  }
}

extension Admin.NewTopic {
  /// The cleanup that its configuration sets; nil if it sets none, so that the broker's default applies.
  public var cleanup: Cleanup? { Cleanup(Dictionary(configuration) { _, last in last }) }
}

extension Admin {
  /// Returns how brokers remove a topic's old records; nil if they don't tell.
  ///
  /// - Throws: if no answer comes within `limit`, or the user lacks the right `DescribeConfigs`.
  public func cleanup(of topic: String, within limit: Duration) throws(KafkaError) -> Cleanup? {
    Cleanup(try configuration(of: topic, within: limit))
  }
}
