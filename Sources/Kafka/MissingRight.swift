import Platform

/// A right that brokers found missing: what for, whose, and the command that grants it.
public struct MissingRight: Equatable, Sendable {
  /// What was being done.
  public enum Purpose: Equatable, Sendable {
    /// To write to this topic, idempotently.
    case write(topic: String)
    /// To read this topic.
    case read(topic: String)
    /// To see whether this topic is there.
    case describe(topic: String)
    /// To create this topic.
    case create(topic: String)
    /// To be a member of this group.
    case group(String)
    /// To write in transactions of this id.
    case transactions(id: String)
    /// To write idempotently at all. From Kafka 2.8 on the right to write to any topic brings it along.
    case idempotence

    fileprivate var option: (operation: String, resource: String, name: String?) {
      switch self {
      case .write(let topic): ("Write", "topic", topic)
      case .read(let topic): ("Read", "topic", topic)
      case .describe(let topic): ("Describe", "topic", topic)
      case .create(let topic): ("Create", "topic", topic)
      case .group(let name): ("Read", "group", name)
      case .transactions(let id): ("Write", "transactional-id", id)
      case .idempotence: ("IdempotentWrite", "cluster", nil)
      }
    }

    /// Whether an error with this code says that the right for it is missing. Before a broker takes anything from an
    /// idempotent producer it asks for a right on the cluster, which the one to write to a topic brings along.
    fileprivate func isMeant(by code: KafkaError.Code) -> Bool {
      switch self {
      case .write, .create: code == .topicAuthorizationFailed || code == .clusterAuthorizationFailed
      case .read, .describe: code == .topicAuthorizationFailed
      case .group: code == .groupAuthorizationFailed
      case .transactions: code == .transactionalIDAuthorizationFailed
      case .idempotence: code == .clusterAuthorizationFailed
      }
    }
  }

  /// The operation and what it is about: `Write on topic status_topic`.
  public let right: String
  /// Who lacks it, as far as it is known: `User:agent`.
  public let principal: String
  /// The command of Kafka's own tools that grants it.
  public let command: String

  /// The right whose lack `code` tells of, while this was done; nil: the code tells of something else.
  public init?(_ code: KafkaError.Code, for purpose: Purpose, _ configuration: Configuration) {
    guard purpose.isMeant(by: code) else { return nil }
    let (operation, resource, name) = purpose.option
    right = name.map { "\(operation) on \(resource) \($0)" } ?? "\(operation) on \(resource), or Write on its topic"
    principal = configuration.principal
    command =
      "kafka-acls.sh --bootstrap-server \(configuration.brokers) --add --allow-principal \(principal) "
      + "--operation \(operation) --\(resource)" + (name.map { " '\($0)'" } ?? "")
  }

  /// For the log.
  public var facts: LogMetadata {
    ["right": .string(right), "principal": .string(principal), "command": .string(command)]
  }

  /// For people, in one line.
  public var words: String { "\(principal) lacks the right \(right); an administrator can grant it: \(command)" }
}

extension Configuration {
  /// Whom brokers take us for; where only a certificate says it, `User:NAME`.
  fileprivate var principal: String {
    if mechanism != nil { return "User:\(effective("sasl.username") ?? "NAME")" }
    return usesTLS ? "User:NAME" : "User:ANONYMOUS"
  }
}

extension KafkaError {
  /// The error for people: where it tells that a right is missing for one of these purposes, with the command that grants
  /// it.
  public func words(for purposes: [MissingRight.Purpose], _ configuration: Configuration) -> String {
    for purpose in purposes {
      if let missing = MissingRight(code, for: purpose, configuration) { return "\(self): \(missing.words)" }
    }
    return "\(self)"
  }
}
