import Platform

/// What brokers do with a topic's old records.
public struct Cleanup: Equatable, Sendable {
  /// `cleanup.policy`, as it stands in the topic's configuration.
  public var policy: String
  /// The last record of each key stays, and earlier ones go.
  public var compacts: Bool
  /// Records are deleted with time or size, the last one of a key too.
  public var deletes: Bool

  /// The last record of each key stays, and nothing else.
  public static let compacted = Cleanup(policy: "compact", compacts: true, deletes: false)
}

extension Cleanup {
  /// What a topic's configuration comes to; nil: it says nothing of it.
  public init?(_ configuration: [String: String]) {
    guard let policy = configuration["cleanup.policy"] else { return nil }
    let words = policy.split(separator: ",").map { $0.filter { $0 != " " } }
    self.policy = policy
    compacts = words.contains("compact")
    let isBounded = configuration["retention.ms"] != "-1" || configuration["retention.bytes", default: "-1"] != "-1"
    deletes = words.contains("delete") && isBounded
  }

  /// What is wrong with it where `wanted` is what the topic's records need; nil: nothing.
  public func problem(wanted: Cleanup) -> Problem? {
    if wanted.compacts {
      if deletes { return .deletesState }
      return compacts ? nil : .keepsAll
    }
    return compacts ? .dropsHistory : nil
  }

  /// A topic that is kept otherwise than its records need.
  public enum Problem: Equatable, Sendable {
    /// The last record of a key goes, too: what was said once and still holds is forgotten.
    case deletesState
    /// It grows for ever, and takes ever longer to read.
    case keepsAll
    /// Earlier records of a key go: whoever reads later misses them.
    case dropsHistory

    /// What it comes to, for the log.
    public var words: StaticString {
      switch self {
      case .deletesState:
        "a topic that must keep the last record of each key deletes it with time: what still holds is lost"
      case .keepsAll: "a topic that needs the last record of each key only keeps all: it grows for ever"
      case .dropsHistory: "a topic that must keep each record is compacted: earlier records of a key are lost"
      }
    }
  }
}

extension Cleanup {
  /// The command of Kafka's own tools that gives `topic` this policy.
  public func command(topic: String, brokers: String) -> String {
    "kafka-configs.sh --bootstrap-server \(brokers) --alter --entity-type topics --entity-name \(topic)"
      + " --add-config cleanup.policy=\(policy)"
  }
}

extension Admin.NewTopic {
  /// What its configuration says of its old records; nil: nothing, so that the broker's default holds.
  public var cleanup: Cleanup? { Cleanup(Dictionary(configuration) { _, last in last }) }
}

extension Admin {
  /// What brokers do with a topic's old records; nil: they don't say.
  ///
  /// - Throws: where nothing is answered within `limit`, or who asks has no right to (`DescribeConfigs`).
  public func cleanup(of topic: String, within limit: Duration) throws(KafkaError) -> Cleanup? {
    Cleanup(try configuration(of: topic, within: limit))
  }
}
