import Platform

/// A right that a broker found missing, its principal, and the command that grants it.
public struct MissingRight: Equatable, Sendable {
  /// The operation that was refused.
  public enum Purpose: Equatable, Sendable {
    /// Writing to this topic, idempotently.
    case write(topic: String)
    /// Writing to these topics, of which brokers refuse one without saying which.
    case writeOne(of: [String])
    /// Reading this topic.
    case read(topic: String)
    /// Checking whether this topic exists.
    case describe(topic: String)
    /// Creating this topic.
    case create(topic: String)
    /// Adding partitions to this topic.
    case alter(topic: String)
    /// Being a member of this group.
    case group(String)
    /// Asking for this group's members and offsets.
    case describeGroup(String)
    /// Writing in transactions with this id.
    case transactions(id: String)
    /// Writing idempotently at all. From Kafka 2.8 on the right to write to any topic implies it.
    case idempotence

    fileprivate var option: (operation: String, resource: String, names: [String]) {
      switch self {
      case .write(let topic): ("Write", "topic", [topic])
      case .writeOne(let topics): ("Write", "topic", topics)
      case .read(let topic): ("Read", "topic", [topic])
      case .describe(let topic): ("Describe", "topic", [topic])
      case .create(let topic): ("Create", "topic", [topic])
      case .alter(let topic): ("Alter", "topic", [topic])
      case .group(let name): ("Read", "group", [name])
      case .describeGroup(let name): ("Describe", "group", [name])
      case .transactions(let id): ("Write", "transactional-id", [id])
      case .idempotence: ("IdempotentWrite", "cluster", [])
      }
    }

    /// Whether an error with this code means that the right is missing. A broker first checks an idempotent producer's
    /// right on the cluster, which the right to write to a topic implies.
    fileprivate func isMeant(by code: KafkaError.Code) -> Bool {
      switch self {
      case .write, .writeOne, .create: code == .topicAuthorizationFailed || code == .clusterAuthorizationFailed
      case .read, .describe, .alter: code == .topicAuthorizationFailed
      case .group, .describeGroup: code == .groupAuthorizationFailed
      case .transactions: code == .transactionalIDAuthorizationFailed
      case .idempotence: code == .clusterAuthorizationFailed
      }
    }
  }

  /// The operation and its resource: `Write on topic status_topic`.
  public let right: String
  /// The principal that lacks it, as far as known: `User:agent`.
  public let principal: String
  /// The command of Kafka's own tools that grants the right.
  public let command: String

  /// The right that an error with `code` found missing during `purpose`; nil if the code means something else.
  public init?(_ code: KafkaError.Code, for purpose: Purpose, _ configuration: Configuration) {
    guard purpose.isMeant(by: code) else { return nil }
    let (operation, resource, names) = purpose.option
    right =
      switch names.count {
      case 0: "\(operation) on \(resource), or Write on its topic"
      case 1: "\(operation) on \(resource) \(names[0])"
      default: "\(operation) on one of \(names.joined(separator: ", "))"
      }
    principal = configuration.principal
    command =
      "kafka-acls.sh --bootstrap-server \(configuration.brokers) --add --allow-principal \(principal) "
      + "--operation \(operation)"
      + (names.isEmpty ? " --\(resource)" : names.map { " --\(resource) '\($0)'" }.joined())
  }

  /// The facts for the log.
  public var facts: LogMetadata {
    ["right": .string(right), "principal": .string(principal), "command": .string(command)]
  }

  /// The message for people, in one line.
  public var words: String { "\(principal) lacks the right \(right); an administrator can grant it: \(command)" }
}

extension Configuration {
  /// The principal as brokers see it; `User:NAME` if only a certificate tells the name.
  fileprivate var principal: String {
    if mechanism != nil { return "User:\(effective("sasl.username") ?? "NAME")" }
    return usesTLS ? "User:NAME" : "User:ANONYMOUS"
  }
}

extension KafkaError {
  /// The facts of a failure to write to a topic, for the log: the topic, the reason, and the right that is missing if
  /// that is the reason.
  public func facts(ofWritingTo topic: String, _ configuration: Configuration) -> LogMetadata {
    var facts: LogMetadata = ["topic": .string(topic), "reason": .string("\(self)")]
    if let missing = MissingRight(code, for: .write(topic: topic), configuration) { facts.facts += missing.facts.facts }
    return facts
  }

  /// The error for people. If it means that a right for one of these purposes is missing, the command that grants it is
  /// added.
  public func words(for purposes: [MissingRight.Purpose], _ configuration: Configuration) -> String {
    for purpose in purposes {
      if let missing = MissingRight(code, for: purpose, configuration) { return "\(self): \(missing.words)" }
    }
    return "\(self)"
  }
}
