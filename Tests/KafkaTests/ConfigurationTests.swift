import Platform
import TestSupport
import Testing

@testable import Kafka

@Suite struct ConfigurationTests {
  @Test("librdkafka itself checks a property's value")
  func values() {
    #expect(Configuration.complaint(about: "linger.ms", value: "5") == nil)
    #expect(Configuration.complaint(about: "sasl.mechanism", value: "PLAIN") == nil)
    #expect(Configuration.complaint(about: "compression.type", value: "lz4") == nil)
    #expect(Configuration.complaint(about: "compression.codec", value: "zstd") == nil)
    let range = Configuration.complaint(about: "linger.ms", value: "99999999")
    #expect(range?.message.contains("outside allowed range") == true)
    #expect(range?.suggestion == nil)
    #expect(Configuration.complaint(about: "compression.type", value: "lz5")?.message.contains("lz5") == true)
  }

  @Test(
    "an unknown property gets a suggestion, and its value isn't quoted",
    arguments: [
      ("sasl.pasword", "sasl.password"), ("linger.sm", "linger.ms"), ("compresion.type", "compression.type"),
      ("ssl.ca.locaton", "ssl.ca.location"), ("socket.timeout", "socket.timeout.ms"),
    ])
  func unknown(name: String, meant: String) throws {
    let complaint = try #require(Configuration.complaint(about: name, value: "S3cret"))
    #expect(complaint.suggestion == meant)
    #expect(complaint.message == "librdkafka has no property '\(name)', did you mean '\(meant)'?")
  }

  @Test("a name that resembles no property gets no suggestion")
  func farOff() {
    #expect(Configuration.complaint(about: "zookeeper", value: "x")?.suggestion == nil)
  }

  @Test(
    "properties that statusd sets for its guarantees can't be set, and the complaint says why",
    arguments: [
      "isolation.level", "transactional.id", "enable.auto.commit", "acks", "request.required.acks", "group.id",
      "enable.idempotence", "partitioner", "auto.offset.reset", "bootstrap.servers", "message.timeout.ms",
    ])
  func reserved(name: String) throws {
    let complaint = try #require(Configuration.complaint(about: name, value: "x"))
    #expect(complaint.message.hasPrefix("'\(name)' can't be set: "))
  }

  @Test("every reserved name is a property of this or another version of librdkafka")
  func reservedNames() {
    let later: Set = ["group.protocol", "group.remote.assignor", "sasl.oauthbearer.token.refresh.cb"]
    for name in Configuration.reserved.keys where !later.contains(name) {
      #expect(Configuration.isProperty(name), "\(name)")
    }
  }

  @Test(
    "secrets are recognized by name, even misspelt",
    arguments: [
      "sasl.password", "ssl.key.password", "ssl.keystore.password", "ssl.key.pem", "ssl_key",
      "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config", "sasl.pasword", "SASL.PASSWORD", "ssl.key.pme",
      "sasl.oauthbearer.confg", "some.future.password",
    ])
  func secrets(name: String) {
    #expect(Configuration.isSecret(name))
  }

  @Test(
    "names, addresses and paths aren't secrets",
    arguments: [
      "sasl.username", "ssl.key.location", "ssl.keystore.location", "ssl.ca.location", "linger.ms",
      "bootstrap.servers", "ssl.certificate.pem",
    ])
  func plain(name: String) {
    #expect(!Configuration.isSecret(name))
  }

  private var full: Configuration {
    var configuration = Configuration(
      brokers: "a:1", properties: [("ssl.key.password", "S3cret-2"), ("linger.ms", "7")])
    configuration.sasl = .init(mechanism: "PLAIN", username: "user", password: "S3cret-1")
    configuration.tls = .init(caFile: "/ca", certificateFile: "/certificate", keyFile: "/key")
    return configuration
  }

  @Test("printing a configuration shows everything but its secrets")
  func printing() {
    for text in ["\(full)", String(reflecting: full), "\(full.sasl as Any)", String(reflecting: full.sasl as Any)] {
      #expect(!text.contains("S3cret"))
    }
    var dumped = ""
    dump(full, to: &dumped)
    #expect(!dumped.contains("S3cret"))
    #expect(
      "\(full)" == """
        bootstrap.servers = a:1
        client.id = statusd
        security.protocol = sasl_ssl
        sasl.mechanism = PLAIN
        sasl.username = user
        sasl.password = …
        ssl.ca.location = /ca
        ssl.certificate.location = /certificate
        ssl.key.location = /key
        reconnect.backoff.max.ms = 1000
        ssl.key.password = …
        linger.ms = 7
        """)
  }

  @Test("a reconnect follows within a second, unless the user has set a longer pause")
  func reconnects() {
    var configuration = Configuration(brokers: "127.0.0.1:1")
    #expect(configuration.effective("reconnect.backoff.max.ms") == "1000")
    #expect(configuration.validate() == nil)
    configuration.properties = [("reconnect.backoff.max.ms", "7000")]
    #expect(configuration.effective("reconnect.backoff.max.ms") == "7000")
    // librdkafka refuses a maximum below the first pause.
    configuration.properties = [("reconnect.backoff.ms", "5000")]
    #expect(configuration.effective("reconnect.backoff.max.ms") == "5000")
    #expect(configuration.validate() == nil)
  }

  @Test("login and encryption determine the protocol")
  func securityProtocol() {
    var configuration = Configuration(brokers: "a:1")
    #expect(configuration.mechanism == nil)
    #expect(!configuration.usesTLS)
    configuration.sasl = .init(mechanism: "scram-sha-256")
    #expect(configuration.effective("security.protocol") == "sasl_plaintext")
    #expect(configuration.mechanism == "SCRAM-SHA-256")
    configuration.sasl = nil
    configuration.tls = .init()
    #expect(configuration.effective("security.protocol") == "ssl")
    #expect(configuration.usesTLS)
    configuration.properties = [("security.protocol", "SASL_SSL")]
    #expect(configuration.mechanism == "GSSAPI")
  }

  @Test("a whole configuration is checked without a connection")
  func whole() throws {
    #expect(Configuration(brokers: "127.0.0.1:1").validate() == nil)
    var missing = Configuration(brokers: "127.0.0.1:1")
    missing.tls = .init(caFile: "/does/not/exist.crt")
    let error = try #require(missing.validate())
    #expect(error.message.contains("/does/not/exist.crt"))
    missing.tls = .init(caFile: "/proc/version")
    let other = try #require(missing.validate())
    #expect(other.message.hasPrefix("ssl.ca.location = /proc/version: "))
    let unknown = Configuration(brokers: "127.0.0.1:1", properties: [("sasl.pasword", "S3cret")])
    #expect(unknown.validate()?.message == "librdkafka has no property 'sasl.pasword'")
  }

  @Test("the error of a client that can't be created has the reason, without secrets")
  func refusedClient() throws {
    var configuration = full
    configuration.properties.append(("client.id", "S3cret-1"))
    let error = try #require(throws: KafkaError.self) { _ = try Producer(configuration, log: silent).outstanding }
    #expect(error.code == .invalidArgument)
    #expect(!error.message.contains("S3cret"))
  }

  @Test("values that are hidden because of their source are masked in all texts, unless they are very short")
  func hidden() {
    var configuration = Configuration(
      brokers: "a:1", properties: [("client.rack", "S3cret"), ("linger.ms", "5"), ("broker.address.family", "v4")])
    configuration.hidden = ["client.rack", "linger.ms"]
    #expect(configuration.secrets == ["S3cret"])
    #expect(
      "\(configuration)".hasSuffix("client.rack = …\nlinger.ms = …\nbroker.address.family = v4"))
    configuration.properties = [("linger.ms", "soon")]
    #expect(configuration.validate()?.message == "librdkafka refuses the value of 'linger.ms'")
  }

  @Test("secrets are removed from any text, the longer ones first")
  func redaction() {
    let redaction = Redaction(["abc", "abcdef", "", "ü"])
    #expect(redaction.applied(to: "x abcdef y abc z ü") == "x … y … z …")
    #expect(redaction.applied(to: "") == "")
    #expect(Redaction([]).applied(to: "abc") == "abc")
  }
}
