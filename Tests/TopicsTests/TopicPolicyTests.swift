import Testing
import Topics

@testable import Settings

@Suite("Topics that statusd creates")
struct TopicPolicyTests {
  @Test("each has its name, the broker's time, and its retention or compaction")
  func policies() {
    var topics = Settings.Topics()
    topics.alerts = "a"
    topics.partitions = 4
    topics.replication = 2
    let days: [Settings.Topics.Needed: Int] = [
      .status: 7, .readings: 7, .monitor: 7, .alerts: 30, .undelivered: 30,
    ]
    let names: [Settings.Topics.Needed: String] = [
      .status: "status_topic", .readings: "statusd-readings", .monitor: "monitor_topic", .alerts: "a",
      .alertsCurrent: "alerts-current", .changelog: "statusd-changelog",
      .streams: "statusd-streams", .forward: "statusd-forward", .undelivered: "statusd-undelivered",
    ]
    for needed in Settings.Topics.Needed.allCases {
      let topic = topics.policy(of: needed)
      #expect(topic.name == names[needed])
      // Meters share streams by the partitions of their topic, and forwarders receivers, however small it is.
      #expect(topic.partitions == ([.streams, .forward].contains(needed) ? 12 : 4))
      #expect(topic.replication == 2)
      let configuration = Dictionary(topic.configuration.map { ($0.name, $0.value) }) { $1 }
      #expect(configuration["message.timestamp.type"] == "LogAppendTime")
      #expect(configuration["cleanup.policy"] == (days[needed] == nil ? "compact" : "delete"))
      #expect(configuration["segment.ms"] == (days[needed] == nil ? "600000" : nil))
      #expect(configuration["retention.ms"] == days[needed].map { String($0 * 86_400_000) })
    }
    topics.replication = nil
    #expect(topics.policy(of: .status).replication == nil)
  }
}
