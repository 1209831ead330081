/// The Kafka client's judgement of a configuration while it is read: only the client knows its properties, and each
/// version adds new ones.
public protocol ClientChecks: Sendable {
  /// Whether the value of the property `name` must never be shown.
  func isSecret(_ name: String) -> Bool

  /// What is wrong with the property `name` = `value`; nil if the client accepts it.
  func complaint(about name: String, value: String) -> ClientComplaint?

  /// What is wrong with `[kafka]` as a whole, such as a file that is no certificate; nil if the client accepts it.
  /// Opens no connection, and has no other effect.
  func complaint(aboutConnectionOf settings: Settings) -> String?
}

/// The client's complaint about a property that it refuses.
public struct ClientComplaint: Equatable, Sendable {
  /// What is wrong, for people. Never contains the value of a property that the client doesn't know.
  public var message: String
  /// Whether the value is wrong; false if the name is.
  public var isAboutValue: Bool

  /// A complaint.
  public init(message: String, isAboutValue: Bool) {
    self.message = message
    self.isAboutValue = isAboutValue
  }
}

extension DocumentReading {
  /// Whether the value of the property must never be shown; true for all if there is no client to ask.
  func isSecret(_ name: String) -> Bool { surroundings.client?.isSecret(name) ?? true }

  /// Adds the client's complaint about the whole connection.
  func checkClient() {
    guard let message = surroundings.client?.complaint(aboutConnectionOf: settings) else { return }
    let isQuoting = settings.kafka.properties.contains { property in
      guard case .secret(let secret) = property.value else { return false }
      return message.contains(secret.reveal())
    }
    let table = find("kafka", "tls") ?? find("kafka", "properties") ?? find("kafka")
    complain(
      at: table.map { document.nodes[$0].position },
      "kafka: librdkafka refuses the connection's settings\(isQuoting ? "" : ": \(DocumentReading.quoted(message, 500))")"
    )
  }
}
