import Foundation
import Synchronization
import Testing

/// A real Apache Kafka broker on 127.0.0.1, run through `Tests/kafka`. It is destroyed when the last reference goes, and,
/// however the test process ends, by a watcher of its own.
public final class Broker: Sendable {
  /// `host:port`, as clients want it.
  public let address: String
  /// Where its data and logs are.
  public let directory: String
  /// The download that it runs from; nil: it isn't known.
  private let home: String?
  /// Whether it is ours to stop.
  private var isOwned: Bool { home != nil }

  /// What could not be done, with what the script said.
  public struct Failure: Error, CustomStringConvertible {
    /// The script's own words.
    public let description: String
  }

  private init(address: String, directory: String, home: String?) {
    self.address = address
    self.directory = directory
    self.home = home
  }

  deinit {
    if isOwned { _ = try? Script.run(["destroy", "--dir", directory]) }
  }

  /// Starts a broker of a test's own, for tests that stop, kill or pause it. Takes 3 to 8 s.
  ///
  /// `settings` are lines of `server.properties`.
  public static func start(_ version: KafkaVersion = .newest, settings: [String] = []) throws -> Broker {
    try start(version, settings: settings, place: [])
  }

  private static func start(_ version: KafkaVersion, settings: [String], place: [String]) throws -> Broker {
    guard let home = version.home else { throw Failure(description: "no Kafka \(version) here") }
    let owner = String(ProcessInfo.processInfo.processIdentifier)
    let arguments = ["start", "--home", home, "--owner", owner] + place + settings.flatMap { ["--set", $0] }
    let said = try Script.run(arguments).split(separator: "\t").map(String.init)
    guard said.count == 2 else { throw Failure(description: "unexpected answer: \(said)") }
    return Broker(address: said[0], directory: said[1], home: home)
  }

  /// Starts a broker that grants nothing by itself, except to who comes without a login, at `address`. These users log in
  /// at the address that comes with it, with `secret` as the password.
  public static func start(withLoginsOf users: [String]) throws -> (broker: Broker, logins: String) {
    guard let port = Int(try Script.run(["ports"])) else { throw Failure(description: "no free port") }
    let places = "PLAINTEXT://127.0.0.1:\(port),LOGIN://127.0.0.1:\(port + 2)"
    let known = users.map { "user_\($0)=\"secret\"" }.joined(separator: " ")
    let broker = try start(
      .newest,
      settings: [
        "listeners=\(places),CONTROLLER://127.0.0.1:\(port + 1)", "advertised.listeners=\(places)",
        "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,LOGIN:SASL_PLAINTEXT",
        "inter.broker.listener.name=PLAINTEXT", "sasl.enabled.mechanisms=PLAIN",
        "listener.name.login.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required "
          + "\(known);",
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer", "super.users=User:ANONYMOUS",
      ], place: ["--port", String(port)])
    return (broker, "127.0.0.1:\(port + 2)")
  }

  /// Starts a cluster of `count` brokers, each of them a controller, too, and each with a copy of everything: it goes on
  /// while one of them is away. Takes 10 to 20 s.
  public static func startCluster(of count: Int, _ version: KafkaVersion = .newest) throws -> [Broker] {
    let ports = try Script.run(["ports", "--count", String(count)]).split(separator: "\n").compactMap { Int($0) }
    let voters = ports.enumerated().map { "\($0 + 1)@127.0.0.1:\($1 + 1)" }.joined(separator: ",")
    let id = String((0..<22).map { _ in "abcdefghijklmnopqrstuvwx".randomElement() ?? "a" })
    let copies = ["offsets.topic.replication.factor", "transaction.state.log.replication.factor"]
    // They wait for each other before they serve.
    let started = Mutex<[Result<Broker, any Error>]>([])
    DispatchQueue.concurrentPerform(iterations: count) { index in
      var settings = ["node.id=\(index + 1)", "controller.quorum.voters=\(voters)"]
      settings += copies.map { "\($0)=\(count)" }
      settings += ["transaction.state.log.min.isr=\(count / 2 + 1)", "min.insync.replicas=\(count / 2 + 1)"]
      let place = ["--cluster", id, "--port", String(ports[index])]
      let broker = Result { try start(version, settings: settings, place: place) }
      started.withLock { $0.append(broker) }
    }
    return try started.withLock { try $0.map { try $0.get() } }
  }

  /// The one that all tests share: the broker that `STATUSD_TEST_BROKERS` names, else one that is started for the first
  /// test that asks. Tests on it use topics and groups of their own (`uniqueName`), and leave it running.
  public static func shared(_ version: KafkaVersion = .newest) throws -> Broker {
    guard let slot = slots[version] else { return try start(version, settings: patience) }
    return try slot.broker.withLock { broker in
      if let broker { return broker }
      let named = version == .newest ? environment("STATUSD_TEST_BROKERS") : nil
      let new = try named.map { Broker(address: $0, directory: "", home: nil) } ?? start(version, settings: patience)
      broker = new
      return new
    }
  }

  /// A machine that stands still for two seconds would cost a broker its session, and the tests on it its topics and
  /// coordinators ("All brokers are currently fenced", NOT_COORDINATOR). One that nobody kills can have a long one.
  private static let patience = ["broker.session.timeout.ms=30000", "zookeeper.session.timeout.ms=30000"]

  /// One for each version, so that they start beside each other.
  private static let slots = Dictionary(uniqueKeysWithValues: KafkaVersion.allCases.map { ($0, Slot()) })

  private final class Slot: Sendable {
    let broker = Mutex<Broker?>(nil)
  }

  /// SIGTERM, and waits until it is gone. Its data stays.
  public func stop() throws { try Script.run(["stop", "--dir", directory]) }

  /// SIGKILL, and waits until it is gone. Its data stays.
  public func kill() throws { try Script.run(["stop", "--kill", "--dir", directory]) }

  /// Brings a stopped or killed one back on the same port with the same data; returns once it serves.
  public func restart() throws { try Script.run(["start", "--dir", directory]) }

  /// SIGSTOP: connections stay, nothing answers.
  public func pause() throws { try Script.run(["pause", "--dir", directory]) }

  /// SIGCONT.
  public func resume() throws { try Script.run(["resume", "--dir", directory]) }

  /// Changes the configuration of a topic: `name=value` to add, a name alone to go back to the default. Takes a few
  /// seconds.
  public func configure(topic: String, _ change: String) throws {
    let verb = change.contains("=") ? "--add-config" : "--delete-config"
    try run(tool: "kafka-configs", ["--alter", "--entity-type", "topics", "--entity-name", topic, verb, change])
  }

  /// Deletes the records of partition 0 before `offset`, as retention would; nil: all that there are.
  public func deleteRecords(of topic: String, before offset: Int64?) throws {
    let directory = try TemporaryDirectory()
    let place = "{\"topic\":\"\(topic)\",\"partition\":0,\"offset\":\(offset ?? -1)}"
    let file = try directory.write("{\"version\":1,\"partitions\":[\(place)]}", to: "offsets.json")
    try run(tool: "kafka-delete-records", ["--offset-json-file", file])
  }

  /// Runs one of Kafka's own tools against this broker, such as `kafka-configs`. Takes a few seconds.
  public func run(tool: String, _ arguments: [String]) throws {
    guard let home else { throw Failure(description: "a broker that the tests have started is needed") }
    let child = try Subprocess(home + "/bin/\(tool).sh", ["--bootstrap-server", address] + arguments)
    let status = try child.waitForExit(within: 180)
    guard status == .exited(0) else {
      throw Failure(description: "\(tool) \(arguments): \(status)\n\(child.errors.text)\n\(child.output.text)")
    }
  }
}

/// A version of Apache Kafka that the tests know.
public enum KafkaVersion: String, Sendable, CaseIterable {
  /// KRaft, without ZooKeeper.
  case v4_3 = "4.3"
  /// The last line that speaks the old protocol versions.
  case v3_9 = "3.9"
  /// The oldest that statusd supports, with ZooKeeper.
  case v2_8 = "2.8"

  /// The one that most tests run on: the newest that is here.
  public static var newest: KafkaVersion { allCases.first { $0.home != nil } ?? .v4_3 }

  /// Whether it can be used here, for `.enabled(if:)`.
  public var isHere: Bool { home != nil || (self == .v4_3 && environment("STATUSD_TEST_BROKERS") != nil) }

  /// The folder of its download, as `Tests/kafka homes` finds it; nil: it isn't here.
  public var home: String? { Self.homes[self] }

  private static let homes: [KafkaVersion: String] = {
    var found: [KafkaVersion: String] = [:]
    for line in ((try? Script.run(["homes"])) ?? "").split(separator: "\n") {
      let parts = line.split(separator: "\t").map(String.init)
      guard parts.count == 2, let version = allCases.first(where: { parts[0].hasPrefix($0.rawValue + ".") }) else {
        continue
      }
      if found[version] == nil { found[version] = parts[1] }
    }
    return found
  }()
}

extension Trait where Self == ConditionTrait {
  /// Skips the test, saying why, where there is no real Kafka at all.
  public static var needsKafka: Self {
    .enabled(
      if: KafkaVersion.allCases.contains(where: \.isHere),
      "no Apache Kafka here: set KAFKA_HOME to a download, or STATUSD_TEST_BROKERS to the address of a broker")
  }

  /// Skips the test, saying why, where this version of Kafka isn't here.
  public static func needsKafka(_ version: KafkaVersion) -> Self {
    .enabled(if: version.isHere, "no Apache Kafka \(version.rawValue) here: name its folder in KAFKA_HOMES")
  }
}

enum Script {
  static let path = packageRoot + "/Tests/kafka"

  /// What the script printed, without the last line end.
  @discardableResult
  static func run(_ arguments: [String]) throws -> String {
    let child = try Subprocess(path, arguments)
    let status = try child.waitForExit(within: 180)
    guard status == .exited(0) else {
      throw Broker.Failure(description: "kafka \(arguments): \(status)\n\(child.errors.text)")
    }
    return child.output.text.trimmingCharacters(in: .newlines)
  }
}
