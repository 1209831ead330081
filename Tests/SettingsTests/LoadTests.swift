import Platform
import Testing
import Topics

@testable import Settings

/// Loads `text` as `file.toml` on a host called `web-1`.
func load(_ text: String, _ variables: [String: String] = [:], file: String = "file.toml") -> Settings.Loaded {
  Settings.load(
    text: Array(text.utf8), file: file,
    surroundings: Surroundings(hostName: "web-1", client: LibrdkafkaChecks()) { variables[$0] })
}

/// The complaints about `text`.
func complaints(_ text: String, _ variables: [String: String] = [:]) -> [String] {
  load(text, variables).complaints.map(\.description)
}

/// The complaints about `text`, except that brokers are missing.
func complaints(besideBrokers text: String, _ variables: [String: String] = [:]) -> [String] {
  complaints("kafka.brokers = \"a:9092\"\n" + text, variables)
}

@Suite("A configuration")
struct LoadTests {
  @Test("only brokers are required")
  func minimal() {
    let loaded = load("[kafka]\nbrokers = \"kafka-1:9092\"\n")
    #expect(loaded.complaints.isEmpty)
    #expect(loaded.settings == Settings(brokers: "kafka-1:9092", hostName: "web-1"))
  }
}
