import Kafka
import Settings

extension Settings {
  /// The settings of `[kafka]`, which all clients share, with unmasked secrets.
  public var kafkaConfiguration: Kafka.Configuration {
    var configuration = Kafka.Configuration(brokers: kafka.brokers)
    configuration.sasl = kafka.sasl.map {
      Kafka.Configuration.SASL(mechanism: $0.mechanism, username: $0.username, password: $0.password?.reveal())
    }
    configuration.tls = kafka.tls.map {
      Kafka.Configuration.TLS(caFile: $0.caFile, certificateFile: $0.certificateFile, keyFile: $0.keyFile)
    }
    configuration.properties = kafka.properties.map { ($0.name, $0.value.reveal()) }
    configuration.sentences = ConnectionSentences.all
    configuration.hidden = Set(
      kafka.properties.compactMap { property in if case .secret = property.value { property.name } else { nil } })
    return configuration
  }
}

/// Checks settings with librdkafka.
public struct LibrdkafkaChecks: ClientChecks {
  /// Checks with the librdkafka that this program is linked to.
  public init() {}

  /// Properties that are keys of the configuration file.
  private static let keys = [
    "bootstrap.servers": "[kafka] brokers", "metadata.broker.list": "[kafka] brokers", "group.id": "[evaluator] group",
  ]

  /// As `ClientChecks` says.
  public func isSecret(_ name: String) -> Bool { Kafka.Configuration.isSecret(name) }

  /// As `ClientChecks` says.
  public func complaint(about name: String, value: String) -> ClientComplaint? {
    if let key = Self.keys[name] {
      return ClientComplaint(message: "'\(name)' can't be set: it is \(key)", isAboutValue: false)
    }
    return Kafka.Configuration.complaint(about: name, value: value).map {
      ClientComplaint(
        message: $0.message, isAboutValue: $0.suggestion == nil && Kafka.Configuration.reserved[name] == nil)
    }
  }

  /// As `ClientChecks` says.
  public func complaint(aboutConnectionOf settings: Settings) -> String? {
    settings.kafkaConfiguration.validate()?.message
  }
}

extension Surroundings {
  /// The machine's surroundings, with librdkafka as the client.
  public static var machineWithKafka: Surroundings {
    var surroundings = machine
    surroundings.client = LibrdkafkaChecks()
    return surroundings
  }
}
