import Kafka
import Platform

extension Settings {
  /// What all clients of Kafka have in common: `[kafka]`, with secrets as they are.
  public var kafkaConfiguration: Kafka.Configuration {
    var configuration = Kafka.Configuration(brokers: kafka.brokers)
    configuration.sasl = kafka.sasl.map {
      Kafka.Configuration.SASL(mechanism: $0.mechanism, username: $0.username, password: $0.password?.reveal())
    }
    configuration.tls = kafka.tls.map {
      Kafka.Configuration.TLS(caFile: $0.caFile, certificateFile: $0.certificateFile, keyFile: $0.keyFile)
    }
    configuration.properties = kafka.properties.map { ($0.name, $0.value.reveal()) }
    configuration.hidden = Set(
      kafka.properties.compactMap { property in if case .secret = property.value { property.name } else { nil } })
    return configuration
  }
}

extension Reading {
  /// What librdkafka says of the whole connection: a certificate that is none, properties that don't go together.
  func checkClient() {
    guard let error = settings.kafkaConfiguration.validate() else { return }
    let isQuoting = settings.kafka.properties.contains { property in
      guard case .secret(let secret) = property.value else { return false }
      return error.message.contains(secret.reveal())
    }
    let table = find("kafka", "tls") ?? find("kafka", "properties") ?? find("kafka")
    complain(
      at: table.map { document.nodes[$0].position },
      "kafka: librdkafka refuses the connection's settings\(isQuoting ? "" : ": \(Reading.quoted(error.message, 500))")"
    )
  }
}
