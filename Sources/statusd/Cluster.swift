import Arguments
import Console
import Glibc
import Kafka
import Platform
import Settings
import Topics

/// The Kafka that a command speaks to, and what the topics are called there.
struct Cluster {
  var configuration: Configuration
  /// The whole configuration; the defaults where only brokers were named.
  var settings: Settings

  static let config = Option.file(
    "config", short: "c", help: "take brokers and topics from this configuration; by default \(defaultPath)")
  static let brokers = Option.text(
    "brokers", short: "b", placeholder: "LIST", help: "speak to these brokers (host:port,…) instead, and use no file")

  private static let defaultPath = "/etc/statusd/statusd.toml"

  /// What the topics are called, and whether they may be created.
  var topics: Settings.Topics { settings.topics }

  /// What the options say.
  ///
  /// - Throws: `UsageError` where they don't go together, or say nothing on a machine without a configuration;
  ///   `BadConfiguration` where the file has a mistake, once all of them have been said.
  init(_ given: Parsed) throws {
    switch (given[Cluster.config], given[Cluster.brokers]) {
    case (.some, .some):
      throw UsageError("give --config or --brokers, not both")
    case (nil, let brokers?):
      configuration = Configuration(brokers: brokers)
      settings = Settings(brokers: brokers)
    case (let path?, nil):
      self = try Cluster(path: path)
    case (nil, nil):
      guard access(Cluster.defaultPath, R_OK) == 0 else {
        throw UsageError("give --brokers or --config: \(Cluster.defaultPath) can't be read")
      }
      self = try Cluster(path: Cluster.defaultPath)
    }
  }

  private init(path: String) throws {
    let loaded = Settings.load(path: path, surroundings: .machineWithKafka)
    guard let settings = loaded.settings else {
      printError(loaded.complaints.map { "\($0)\n" }.joined())
      throw BadConfiguration()
    }
    configuration = settings.kafkaConfiguration
    self.settings = settings
  }

  /// Configuration mistakes that have been said.
  struct BadConfiguration: Error {}

  /// The topic that `name` means: `alerts`, `status`, `readings` and `monitor` stand for those of the configuration.
  func topic(named name: String) -> String {
    switch name {
    case "alerts": topics.alerts
    case "status": topics.status
    case "readings": topics.readings
    case "monitor": topics.monitor
    default: name
    }
  }

  /// Where a command says what is wrong with its connection.
  static let log = Logger(level: .warning, output: StandardErrorLog())
  /// For a second client of a command: what is wrong with the connection is said by the first.
  static let silent = Logger(level: .critical, output: StandardErrorLog())
}

/// Runs `body` for the cluster that the options name.
func withCluster(_ given: Parsed, _ body: (Cluster) throws -> ExitCode) throws -> ExitCode {
  do {
    return try body(Cluster(given))
  } catch is Cluster.BadConfiguration {
    return .configuration
  } catch let error as KafkaError {
    printError("statusd: \(error)\n")
    return .configuration
  }
}

extension History.Problem {
  /// Says it; how the command ends.
  func report(_ command: String, topic: String) -> ExitCode {
    switch self {
    case .noTopic:
      printError("statusd \(command): there is no topic '\(topic)'\n")
      return .failed
    case .noAnswer(let error):
      printError("statusd \(command): brokers don't say what stands in '\(topic)': \(error)\n")
      return .temporary
    case .stopped:
      return .temporary
    }
  }
}
