import Glibc
import Kafka
import Platform

/// A deadline that a healthy machine never reaches.
public func soon(_ limit: Duration = .seconds(30)) -> MonotonicTime { SystemTime().monotonic + limit }

/// A wait took longer than a healthy machine needs.
public struct TookTooLong: Error {}

/// Ends a loop that waits for something: to be called in each turn.
///
/// - Throws: `TookTooLong` once `deadline` has passed.
public func keepWaiting(until deadline: MonotonicTime) throws(TookTooLong) {
  if SystemTime().monotonic >= deadline { throw TookTooLong() }
}

/// Waits until `isTrue` returns true, for what tells nobody that it happens, such as the end of somebody else's process:
/// looks every few milliseconds.
///
/// - Throws: `TookTooLong` once `deadline` has passed.
public func lookUntil(_ deadline: MonotonicTime = soon(), _ isTrue: () throws -> Bool) throws {
  while try !isTrue() {
    try keepWaiting(until: deadline)
    usleep(5000)
  }
}

/// A log that nobody reads.
public let silent = Logger(level: .critical, output: CapturedLog())

/// A configuration for a mock cluster, whose brokers don't answer a waiting fetch when a record arrives.
public func configuration(_ cluster: MockCluster) -> Configuration {
  Configuration(brokers: cluster.brokers, properties: [("fetch.wait.max.ms", "10"), ("linger.ms", "0")])
}

/// Commits positions of a group without being a member of it. Retries, because the group's coordinator has to be found
/// first.
public func commit(_ places: [PartitionOffset], of group: String, on brokers: String) throws {
  var consumer = try Consumer(
    Configuration(brokers: brokers), options: .init(group: group), log: silent, wakeup: Wakeup())
  let deadline = soon()
  while (try? consumer.commit(places, within: .seconds(10))) == nil { try keepWaiting(until: deadline) }
  consumer.close(by: soon())
}

extension TransactionalProducer {
  /// Waits until brokers have every record of the transaction: an abort would take back what they don't have yet.
  ///
  /// - Parameter wakeup: the one that this producer rings.
  public mutating func serveUntilAcknowledged(_ wakeup: Wakeup) throws(TookTooLong) {
    let deadline = soon()
    while isInDoubt {
      try keepWaiting(until: deadline)
      wakeup.wait(until: deadline)
      serve()
    }
  }
}

/// Describes a topic that was just created. Retries, because a broker may answer before it knows the topic.
public func describeMade(_ admin: borrowing Admin, _ topic: String) throws -> Admin.Cluster {
  let deadline = soon()
  var made = try admin.describe(topic: topic, within: .seconds(10))
  while made.topics.first?.error != nil, SystemTime().monotonic < deadline {
    made = try admin.describe(topic: topic, within: .seconds(10))
  }
  return made
}

/// A mock cluster with one topic, `t`.
public func cluster(partitions: Int = 1) throws -> MockCluster {
  let cluster = try MockCluster()
  try cluster.createTopic("t", partitions: partitions)
  return cluster
}
