import TestSupport
import Testing
import Topics

@testable import Settings

@Suite("The connection")
struct ConnectionTests {
  @Test(
    "brokers are addresses",
    arguments: [
      "a", "a:9092", "a:9092,b:9093", "a:9092, b:9093", "[::1]:9092", "[::1]", "SASL_SSL://a:9092", "10.0.0.1:1",
      "kafka_1.svc:65535",
    ])
  func brokers(text: String) {
    #expect(Names.problem(ofBrokers: text) == nil)
  }

  @Test(
    "invalid addresses are refused",
    arguments: [
      "", " ", "a:9092,", ",a", "a:0", "a:65536", "a:", "a:b", "::1", "::1:9092", "[::1", "[::1]9092", "http://a:9092",
      "a;b", "a b", "a/b", ":9092", "[]:1",
    ])
  func noBrokers(text: String) {
    #expect(Names.problem(ofBrokers: text) != nil)
  }

  @Test("topics have the names that Kafka allows")
  func topics() {
    for name in ["a", "A.b_c-9", String(repeating: "x", count: 249)] { #expect(Names.problem(ofTopic: name) == nil) }
    for name in ["", ".", "..", "a b", "a/b", "ä", String(repeating: "x", count: 250)] {
      #expect(Names.problem(ofTopic: name) != nil)
    }
  }

  @Test("a host name must be a valid subject")
  func hosts() {
    for name in ["web-1", "Zürich", "a/b", String(repeating: "x", count: 255)] {
      #expect(Names.problem(ofHost: name) == nil)
    }
    for name in ["", "a\nb", "a\u{7F}", "a\u{85}", String(repeating: "ü", count: 128)] {
      #expect(Names.problem(ofHost: name) != nil)
    }
  }

  @Test("equal topics, and those that differ only in '.' and '_', are refused at the later one")
  func equalTopics() {
    #expect(
      complaints(besideBrokers: "[topics]\nalerts = \"status_topic\"") == [
        "file.toml:3:10: topics.status and topics.alerts are the same topic; give each a name of its own"
      ])
    #expect(
      complaints(besideBrokers: "[topics]\nmonitor = \"x.y\"\nstatus = \"x_y\"") == [
        "file.toml:4:10: topics.status and topics.monitor differ only in '.' and '_', which Kafka refuses; give each a "
          + "name of its own"
      ])
    #expect(
      complaints(besideBrokers: "[topics]\nchangelog = \"alerts-current\"") == [
        "file.toml:3:13: topics.alerts_current and topics.changelog are the same topic; give each a name of its own"
      ])
  }

  @Test("a login needs the keys of its mechanism")
  func login() {
    #expect(
      complaints(besideBrokers: "[kafka.sasl]\nmechanism = \"SCRAM-SHA-512\"") == [
        "file.toml:2:1: kafka.sasl.username is missing: SCRAM-SHA-512 needs one",
        "file.toml:2:1: kafka.sasl has no password: write password_file = \"$CREDENTIALS_DIRECTORY/…\" or password = "
          + "\"${VARIABLE}\"",
      ])
    #expect(complaints(besideBrokers: "[kafka.sasl]\nmechanism = \"GSSAPI\"").isEmpty)
    #expect(
      complaints(besideBrokers: "[kafka.sasl]\nusername = \"a\"") == [
        "file.toml:2:1: kafka.sasl.mechanism is missing: write one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, GSSAPI, "
          + "OAUTHBEARER"
      ])
    #expect(
      complaints(besideBrokers: "[kafka.sasl]\nmechanism = \"scram-sha-512\"").first
        == "file.toml:3:13: kafka.sasl.mechanism: unknown word; did you mean \"SCRAM-SHA-512\"? Write one of "
        + "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, GSSAPI, OAUTHBEARER")
  }

  @Test("a password over an unencrypted connection gets advice, and isn't a mistake")
  func clearPassword() {
    let loaded = load(
      "[kafka]\nbrokers = \"a:1\"\n[kafka.sasl]\nmechanism = \"PLAIN\"\nusername = \"u\"\npassword = \"p\"\n")
    #expect(loaded.settings?.kafka.sasl?.password?.reveal() == "p")
    #expect(loaded.complaints.map(\.weight) == [.advice])
    #expect(loaded.complaints.first?.position == Complaint.Position(line: 3, column: 1))
  }

  @Test("TLS is on if its table exists, and its files must be readable")
  func tls() throws {
    let folder = try Folder()
    try folder.write("ca.crt", certificate)
    let text = "kafka.brokers = \"a:1\"\n[kafka.tls]\nca_file = \"ca.crt\"\n"
    #expect(load(text, file: "\(folder.path)/statusd.toml").settings?.kafka.tls?.caFile == "\(folder.path)/ca.crt")
    #expect(load("kafka.brokers = \"a:1\"\n[kafka.tls]").settings?.kafka.tls == Connection.TLS())
    #expect(load("kafka.brokers = \"a:1\"").settings?.kafka.tls == nil)
    #expect(
      complaints(
        besideBrokers: "[kafka.tls]\nca_file = \"/nowhere/ca.crt\"\ncertificate_file = \"/\"\nkey_file = \"\"")
        == [
          "file.toml:3:11: kafka.tls.ca_file: the file doesn't exist",
          "file.toml:4:20: kafka.tls.certificate_file: the file is a directory, not a file",
          "file.toml:5:12: kafka.tls.key_file: a path can't be empty",
        ])
    let file = "\(folder.path)/ca.crt"
    #expect(
      complaints(besideBrokers: "[kafka.tls]\nkey_file = \"\(file)\"") == [
        "file.toml:2:1: kafka.tls: key_file needs certificate_file"
      ])
    #expect(
      complaints(besideBrokers: "[kafka.tls]\ncertificate_file = \"\(file)\"") == [
        "file.toml:2:1: kafka.tls: certificate_file needs key_file"
      ])
  }

  @Test("properties are read as text, with and without quotes around their names")
  func properties() {
    let text = """
      kafka.brokers = "a:1"
      [kafka.properties]
      "linger.ms" = 5
      compression.type = "lz4"
      "socket.keepalive.enable" = true
      """
    let properties = load(text).settings?.kafka.properties ?? []
    #expect(
      properties == [
        .init(name: "linger.ms", value: .plain("5")), .init(name: "compression.type", value: .plain("lz4")),
        .init(name: "socket.keepalive.enable", value: .plain("true")),
      ])
    #expect(
      complaints(besideBrokers: "[kafka.properties]\n\"a.b\" = [1]") == [
        "file.toml:3:9: kafka.properties a.b: that is an array: write a text, a number, or true or false"
      ])
    #expect(complaints(besideBrokers: "[kafka.properties]\n\"linger.ms\" = 0.5").isEmpty)
  }

  @Test("properties that statusd sets, or that have their own key, are refused")
  func reserved() {
    for name in ["isolation.level", "transactional.id", "enable.auto.commit", "acks", "group.id", "bootstrap.servers"] {
      let all = complaints(besideBrokers: "[kafka.properties]\n\"\(name)\" = \"x\"")
      #expect(all.count == 1)
      #expect(all.first?.hasPrefix("file.toml:3:1: kafka.properties") == true)
    }
  }

  @Test("a property that another table already sets is refused with that table's line")
  func doubled() {
    let all = complaints(
      besideBrokers: """
        [kafka.properties]
        "ssl.ca.location" = "x"
        sasl.username = "u"
        [kafka.tls]
        [kafka.sasl]
        mechanism = "PLAIN"
        username = "u"
        password = "p"
        """)
    #expect(
      all == [
        "file.toml:3:1: kafka.properties ssl.ca.location: [kafka.tls] on line 5 sets this already; keep one of them",
        "file.toml:4:6: kafka.properties sasl.username: [kafka.sasl] on line 6 sets this already; keep one of them",
      ])
  }

  @Test("librdkafka's error about a connection is hidden if it contains a variable's value")
  func quietValidation() {
    let all = complaints(
      besideBrokers: """
        [kafka.properties]
        "security.protocol" = "ssl"
        "ssl.ca.location" = "${AUTHORITY}"
        """, ["AUTHORITY": "/nowhere/S3cret"])
    #expect(all.count == 1)
    #expect(all.first?.contains("S3cret") == false)
  }

  @Test("librdkafka checks the connection as a whole")
  func validation() throws {
    let folder = try Folder()
    let path = try folder.write("ca.crt", "no certificate")
    let all = complaints(besideBrokers: "[kafka.tls]\nca_file = \"\(path)\"\n[kafka.properties]\ndebug = \"all\"")
    #expect(all.count == 1)
    #expect(all.first?.hasPrefix("file.toml:2:1: kafka: librdkafka refuses the connection's settings: ") == true)
  }

  @Test("the Kafka clients get the file's settings with unmasked secrets")
  func configuration() throws {
    var settings = Settings(brokers: "a:1", hostName: "h")
    settings.kafka.sasl = Connection.SASL(mechanism: "PLAIN", username: "u", password: Secret("p"))
    settings.kafka.tls = Connection.TLS(caFile: "/ca", certificateFile: "/crt", keyFile: "/key")
    settings.kafka.properties = [.init(name: "linger.ms", value: .plain("5"))]
    let configuration = settings.kafkaConfiguration
    #expect(configuration.brokers == "a:1")
    #expect(configuration.sasl?.password == "p")
    #expect(configuration.tls?.keyFile == "/key")
    #expect(configuration.properties.map(\.name) == ["linger.ms"])
  }
}
