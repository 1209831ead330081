import Kafka
import Platform
import Settings

extension Settings.Topics {
  /// Creates the topic `name` if it is the topic for `needed`, is missing, and may be created. Ignores failures: later
  /// requests show them. Asks brokers, for a few seconds at most.
  ///
  /// - Returns: the maximum size of a record, key and value together, in bytes; nil if brokers don't tell.
  public func makeSure(
    of name: String, for needed: Needed, _ configuration: Configuration, log: Logger
  ) -> Int? {
    let policy = policy(of: needed)
    let found = try? Admin.ask(configuration, log: log, patience: .seconds(1)) { admin throws(KafkaError) in
      guard let known = try admin.describe(topic: name, within: .seconds(2)).topics.first else { return nil as String? }
      if known.error == nil { return try admin.configuration(of: name, within: .seconds(2))["max.message.bytes"] }
      if create, policy.name == name { _ = try admin.create([policy], within: .seconds(5)) }
      return nil
    }
    // Brokers also count the batch that contains the record.
    return (found ?? nil).flatMap { Int($0) }.map { max(1024, $0 - 1024) }
  }
}
