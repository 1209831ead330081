import TestSupport

/// What a command that shows readings looks at: topics for readings and for firing alerts, and a configuration that names
/// them.
struct ReadingsPlace {
  let cluster: TestCluster
  let readings: String
  let alerts: String
  let directory: TemporaryDirectory
  let writer: TopicWriter
  /// The command, the configuration, and a start that the cluster understands: the mock has no times.
  let arguments: [String]

  init(_ command: String, _ kind: TestCluster.Kind, partitions: Int = 1) throws {
    cluster = try TestCluster.open(kind)
    readings = try cluster.createTopic(partitions: partitions)
    alerts = try cluster.createTopic(configuration: [("cleanup.policy", "compact")])
    writer = try TopicWriter(on: cluster.brokers)
    directory = try TemporaryDirectory()
    let file = try directory.write(
      """
      kafka.brokers = "\(cluster.brokers)"
      topics.readings = "\(readings)"
      topics.alerts_current = "\(alerts)"
      """, to: "statusd.toml")
    arguments = [command, "--config", file] + (kind == .mock ? ["--since", "beginning"] : [])
  }
}
