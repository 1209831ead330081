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

/// A log that nobody reads.
public let silent = Logger(level: .critical, output: CapturedLog())

/// A configuration for a mock cluster, whose brokers don't answer a waiting fetch when a record arrives.
public func configuration(_ cluster: MockCluster) -> Configuration {
  Configuration(brokers: cluster.brokers, properties: [("fetch.wait.max.ms", "10"), ("linger.ms", "0")])
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
