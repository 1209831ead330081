/// What the Kafka client says of a configuration while it is read: its properties are its own, and new ones come with each
/// version.
public protocol ClientChecks: Sendable {
  /// Whether the value of the property `name` must appear nowhere.
  func isSecret(_ name: String) -> Bool

  /// What is wrong with the property `name` = `value`; nil if the client takes it.
  func complaint(about name: String, value: String) -> ClientComplaint?

  /// What is wrong with `[kafka]` as a whole, such as a file that is no certificate; nil if the client takes it. Connects
  /// to nobody, and has no other effect.
  func complaint(aboutConnectionOf settings: Settings) -> String?
}

/// What the client says of a property that it doesn't take.
public struct ClientComplaint: Equatable, Sendable {
  /// What is wrong, for people. Never holds the value of a property that the client doesn't know.
  public var message: String
  /// Whether it is the value that is wrong; false: the name is.
  public var isAboutValue: Bool

  /// A complaint.
  public init(message: String, isAboutValue: Bool) {
    self.message = message
    self.isAboutValue = isAboutValue
  }
}

extension Reading {
  /// Whether the value of the property must appear nowhere; if there is nobody to ask, of each.
  func isSecret(_ name: String) -> Bool { surroundings.client?.isSecret(name) ?? true }

  /// What the client says of the whole connection.
  func checkClient() {
    guard let message = surroundings.client?.complaint(aboutConnectionOf: settings) else { return }
    let isQuoting = settings.kafka.properties.contains { property in
      guard case .secret(let secret) = property.value else { return false }
      return message.contains(secret.reveal())
    }
    let table = find("kafka", "tls") ?? find("kafka", "properties") ?? find("kafka")
    complain(
      at: table.map { document.nodes[$0].position },
      "kafka: librdkafka refuses the connection's settings\(isQuoting ? "" : ": \(Reading.quoted(message, 500))")"
    )
  }
}
