import Platform
import TestSupport
import Testing

@testable import Kafka

@Suite struct StatisticsTests {
  private func decode(_ text: String) -> Statistics? { bytes(text) { Statistics(json: $0) } }

  @Test("librdkafka's statistics are decoded, and unknown fields are ignored")
  func decoding() throws {
    let statistics = try #require(
      decode(
        #"""
        {"name":"statusd#consumer-1","client_id":"statusd","type":"consumer","ts":5,"msg_cnt":3,"msg_size":750,
         "simple":{"a":[1,{"b":[]}]},"txmsgs":11,"rxmsgs":12,
         "brokers":{"k:9092/1":{"name":"k:9092/1","nodeid":1,"state":"UP","rtt":{"min":1,"avg":250,"x":[2]},"toppars":{}},
                    "k:9093/2":{"state":"DOWN","name":"k:9093/2"}},
         "topics":{"t":{"topic":"t","metadata_age":1,"partitions":{
            "-1":{"partition":-1},
            "0":{"consumer_lag":7,"committed_offset":3,"hi_offset":10,"ls_offset":9,"fetchq_cnt":4,"other":{}}}}},
         "cgrp":{"state":"up","join_state":"steady","rebalance_cnt":2,"assignment_size":1,"rebalance_reason":"x"}}
        """#))
    var expected = Statistics()
    expected.name = "statusd#consumer-1"
    expected.queuedRecords = 3
    expected.queuedBytes = 750
    expected.sentRecords = 11
    expected.receivedRecords = 12
    expected.brokers = [
      .init(name: "k:9092/1", state: "UP", roundTripMicroseconds: 250), .init(name: "k:9093/2", state: "DOWN"),
    ]
    expected.partitions = [
      .init(
        partition: TopicPartition("t", 0), lag: 7, committed: 3, highWatermark: 10, lastStableOffset: 9,
        fetchedRecords: 4)
    ]
    expected.group = .init(state: "up", joinState: "steady", rebalances: 2, partitions: 1)
    #expect(statistics == expected)
  }

  @Test(
    "values of another type count as absent, without other effects",
    arguments: [
      #"{"name":[1,[2],{"a":3}],"msg_cnt":{"a":{}},"brokers":[{}],"topics":7,"cgrp":null,"txmsgs":5}"#,
      #"{"name":null,"msg_cnt":"9","brokers":{"a":3},"topics":{"t":[],"u":{"partitions":{"0":1,"x":{}}}},"txmsgs":5}"#,
    ])
  func otherKinds(text: String) throws {
    let statistics = try #require(decode(text))
    #expect(statistics.sentRecords == 5)
    #expect(statistics.queuedRecords == 0)
    #expect(statistics.name == "")
  }

  @Test("invalid or cut texts give no statistics", arguments: ["", "[]", "{", #"{"name":"#, #"{"name":"x""#, "7"])
  func broken(text: String) {
    #expect(decode(text) == nil)
  }

  @Test("a consumer's statistics arrive as events")
  func live() throws {
    let cluster = try cluster()
    var options = Consumer.Options(group: "g")
    options.statisticsInterval = .milliseconds(50)
    var consumer = try Consumer(configuration(cluster), options: options, log: silent, wakeup: Wakeup())
    try consumer.assign([PartitionOffset(TopicPartition("t", 0), .beginning)])
    var found: Statistics?
    _ = try consumer.read(events: { if case .statistics(let its) = $0, !its.partitions.isEmpty { found = its } }) { _ in
      found != nil
    }
    let statistics = try #require(found)
    #expect(statistics.name.hasPrefix("statusd#consumer-"))
    #expect(statistics.partitions.map(\.partition) == [TopicPartition("t", 0)])
    #expect(statistics.group != nil)
  }
}
