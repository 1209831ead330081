import Platform
import TestSupport
import Testing

@testable import Kafka

@Suite("A missing right") struct MissingRightTests {
  private var configuration: Configuration {
    var configuration = Configuration(brokers: "kafka:9092")
    configuration.sasl = .init(mechanism: "PLAIN", username: "agent", password: "secret")
    return configuration
  }

  @Test("it has operation, resource and principal, and the command that grants it")
  func command() {
    let missing = MissingRight(.topicAuthorizationFailed, for: .write(topic: "status_topic"), configuration)
    #expect(missing?.right == "Write on topic status_topic")
    #expect(
      missing?.command
        == "kafka-acls.sh --bootstrap-server kafka:9092 --add --allow-principal User:agent --operation Write --topic "
        + "'status_topic'")
    let one = MissingRight(.topicAuthorizationFailed, for: .writeOne(of: ["a", "b"]), configuration)
    #expect(one?.right == "Write on one of a, b")
    #expect(one?.command.hasSuffix("--operation Write --topic 'a' --topic 'b'") == true)
    let alter = MissingRight(.topicAuthorizationFailed, for: .alter(topic: "t"), configuration)
    #expect(alter?.right == "Alter on topic t")
    #expect(
      MissingRight(.groupAuthorizationFailed, for: .group("g"), configuration)?.command.hasSuffix(
        "--operation Read --group 'g'") == true)
    #expect(
      MissingRight(.groupAuthorizationFailed, for: .describeGroup("g"), configuration)?.command.hasSuffix(
        "--operation Describe --group 'g'") == true)
    #expect(MissingRight(.topicAuthorizationFailed, for: .describeGroup("g"), configuration) == nil)
    #expect(
      MissingRight(.clusterAuthorizationFailed, for: .idempotence, configuration)?.command.hasSuffix(
        "--operation IdempotentWrite --cluster") == true)
    #expect(
      MissingRight(.transactionalIDAuthorizationFailed, for: .transactions(id: "g/i/0"), configuration)?.command
        .hasSuffix("--operation Write --transactional-id 'g/i/0'") == true)
  }

  @Test("the principal is known for a login with a user name, and without a login")
  func principal() {
    func principal(_ configuration: Configuration) -> String? {
      MissingRight(.topicAuthorizationFailed, for: .read(topic: "t"), configuration)?.principal
    }
    var other = Configuration(brokers: "a:1")
    #expect(principal(configuration) == "User:agent")
    #expect(principal(other) == "User:ANONYMOUS")
    other.tls = .init()
    #expect(principal(other) == "User:NAME")
  }

  @Test("other errors name no right; Write implies the right that an idempotent producer lacks")
  func others() {
    #expect(MissingRight(.messageTooLarge, for: .write(topic: "t"), configuration) == nil)
    #expect(MissingRight(.groupAuthorizationFailed, for: .write(topic: "t"), configuration) == nil)
    #expect(
      MissingRight(.clusterAuthorizationFailed, for: .write(topic: "t"), configuration)?.right == "Write on topic t")
  }
}
