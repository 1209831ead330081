import Foundation
import Kafka
import Platform
import Testing

/// A Kafka that a test runs on: librdkafka's mock inside the test process, or a real broker.
public final class TestCluster: Sendable {
  /// `bootstrap.servers`.
  public let brokers: String
  /// The mock, where it is one.
  public let mock: MockCluster?
  /// The broker, where it is a real one.
  public let broker: Broker?

  private init(brokers: String, mock: MockCluster? = nil, broker: Broker? = nil) {
    self.brokers = brokers
    self.mock = mock
    self.broker = broker
  }

  /// What tests run on; the argument of a test that shows the same on each.
  public enum Kind: String, Sendable, CaseIterable, CustomTestStringConvertible {
    /// librdkafka's mock cluster.
    case mock
    /// Kafka 4.3.
    case kafka43 = "4.3"
    /// Kafka 3.9.
    case kafka39 = "3.9"
    /// Kafka 2.8 with ZooKeeper.
    case kafka28 = "2.8"

    /// Those that a test of compatibility runs on: the mock and the newest Kafka, and the older ones if `STATUSD_KAFKA` is
    /// `all`, as in CI.
    public static var here: [Kind] { ProcessInfo.processInfo.environment["STATUSD_KAFKA"] == "all" ? installed : main }

    /// The mock and the newest Kafka.
    public static var main: [Kind] { [.mock, .kafka43].filter(installed.contains) }

    /// All that can be used on this machine.
    private static var installed: [Kind] { allCases.filter { $0.version?.isHere ?? true } }

    /// The newest Kafka that is here.
    public static var newest: Kind { Kind(rawValue: KafkaVersion.newest.rawValue) ?? .kafka43 }

    /// Its name.
    public var testDescription: String { self == .mock ? "the mock cluster" : "Kafka \(rawValue)" }

    var version: KafkaVersion? { KafkaVersion(rawValue: rawValue) }
  }

  /// The mock is the test's own; a real broker is the one that all tests share.
  public static func open(_ kind: Kind) throws -> TestCluster {
    guard let version = kind.version else {
      let mock = try MockCluster()
      return TestCluster(brokers: mock.brokers, mock: mock)
    }
    let broker = try Broker.shared(version)
    return TestCluster(brokers: broker.address, broker: broker)
  }

  /// A broker of the test's own, to be stopped and killed.
  public static func own(_ version: KafkaVersion = .newest, settings: [String] = []) throws -> TestCluster {
    let broker = try Broker.start(version, settings: settings)
    return TestCluster(brokers: broker.address, broker: broker)
  }

  /// Several brokers of the test's own, each with a copy of statusd's topics if these have as many.
  public static func own(brokers count: Int) throws -> (cluster: TestCluster, nodes: [Broker]) {
    let nodes = try Broker.startCluster(of: count)
    return (TestCluster(brokers: nodes.map(\.address).joined(separator: ","), broker: nodes.first), nodes)
  }

  /// Makes a topic with a name of its own; returns the name.
  @discardableResult
  public func createTopic(
    _ name: String = uniqueName("topic"), partitions: Int = 1, configuration: [(name: String, value: String)] = []
  ) throws -> String {
    if let mock {
      try mock.createTopic(name, partitions: partitions)
      return name
    }
    let topic = Admin.NewTopic(name, partitions: partitions, replication: 1, configuration: configuration)
    try administer { admin in
      for case let error? in try admin.create([topic], within: .seconds(30)) { throw error }
      try Self.wait(for: name, partitions, with: admin)
    }
    return name
  }

  /// Adds partitions to a topic, up to `count` in total.
  public func growTopic(_ name: String, to count: Int) throws {
    try administer { admin in
      try admin.growTopic(name, to: count, within: .seconds(30))
      try Self.wait(for: name, count, with: admin)
    }
  }

  /// Waits until a broker knows so many partitions. The controller answers once they are in its log; a broker reads them
  /// from there a little later.
  private static func wait(for name: String, _ partitions: Int, with admin: borrowing Admin) throws {
    let deadline = SystemTime().monotonic + .seconds(30)
    while SystemTime().monotonic < deadline {
      let known = try admin.describe(topic: name, within: .seconds(30)).topics.first
      if let known, known.partitions.count == partitions, known.partitions.allSatisfy({ $0.leader >= 0 }) { return }
    }
    throw UnknownTopic(name: name, partitions: partitions)
  }

  /// Asks brokers for something that administrators do.
  public func administer(_ body: (borrowing Admin) throws -> Void) throws {
    let admin = try Admin(Configuration(brokers: brokers), log: Logger(output: CapturedLog()))
    let result = Result { try body(admin) }
    admin.close(by: SystemTime().monotonic + .seconds(5))
    try result.get()
  }
}

/// Brokers were told of these partitions, and don't know them half a minute later.
private struct UnknownTopic: Error {
  let name: String
  let partitions: Int
}
