import Kafka
import Platform

/// A deadline that a healthy machine never sees.
public func soon(_ limit: Duration = .seconds(30)) -> MonotonicTime { SystemTime().monotonic + limit }

/// A log that nobody reads.
public let silent = Logger(level: .critical, output: CapturedLog())

/// How to reach a mock cluster, whose brokers don't answer a waiting fetch when a record comes.
public func configuration(_ cluster: MockCluster) -> Configuration {
  Configuration(brokers: cluster.brokers, properties: [("fetch.wait.max.ms", "10"), ("linger.ms", "0")])
}

/// What brokers say of a topic that was just made: one answers before its own view of the cluster has the topic.
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
