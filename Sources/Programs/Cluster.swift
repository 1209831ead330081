public import Arguments
import Console
import Glibc
public import Kafka
public import Platform
public import Settings
public import Topics

/// The Kafka cluster that a command uses, and the names of its topics.
public struct Cluster {
  /// How to reach it.
  public var configuration: Configuration
  /// The whole configuration; the defaults if only brokers were given.
  public var settings: Settings

  /// `--config FILE`
  public static let config = Option.file(
    "config", short: "c", help: "take brokers and topics from this configuration; by default \(defaultPath)")
  /// `--brokers LIST`
  public static let brokers = Option.text(
    "brokers", short: "b", placeholder: "LIST", help: "use these brokers (host:port,…) instead, and no file")

  private static let defaultPath = "/etc/statusd/statusd.toml"

  /// The names of the topics, and whether they may be created.
  public var topics: Settings.Topics { settings.topics }

  /// The cluster that the options name.
  ///
  /// - Throws: `UsageError` if the options don't go together, or if neither is given and there is no default
  ///   configuration; `BadConfiguration`, after printing all mistakes, if the file has any.
  public init(_ given: Parsed) throws {
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

  /// Configuration mistakes that have been printed.
  public struct BadConfiguration: Error {}

  /// The client refuses the cluster's configuration.
  public struct Refusal: Error {
    /// Why.
    public let error: KafkaError

    /// The client refuses it for this reason.
    public init(error: KafkaError) { self.error = error }
  }

  /// The topic named `name`; `alerts`, `status`, `readings` and `monitor` stand for those of the configuration.
  public func topic(named name: String) -> String {
    switch name {
    case "alerts": topics.alerts
    case "status": topics.status
    case "readings": topics.readings
    case "monitor": topics.monitor
    default: name
    }
  }

  /// The log for a command's connection problems.
  public static let log = Logger(level: .warning, output: StandardErrorLog())
}

/// Runs `body` for the cluster that the options name.
///
/// - Throws: also `Cluster.Refusal` for each error of a client.
public func withCluster(_ given: Parsed, _ body: (Cluster) throws -> ExitCode) throws -> ExitCode {
  do {
    return try body(Cluster(given))
  } catch let error as KafkaError {
    throw Cluster.Refusal(error: error)
  }
}

extension History.Problem {
  /// Says it; how the command (`statusd alerts`) ends.
  public func report(_ command: String, topic: String) -> ExitCode {
    switch self {
    case .noTopic:
      printError("\(command): there is no topic '\(topic)'\n")
      return .failed
    case .noAnswer(let error):
      printError("\(command): brokers give no information on '\(topic)': \(error)\n")
      return .temporary
    case .stopped:
      return .temporary
    }
  }
}
