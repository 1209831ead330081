import Platform
import TestSupport
import Testing

@testable import Kafka

@Suite("The timestamps that a topic accepts") struct TopicTimesTests {
  @Test(
    "the limits of every Kafka version are understood: one for both directions, one for each, or all three",
    arguments: [
      (["message.timestamp.difference.max.ms": "60000"], "more than 1m ahead of the broker's, or 1m behind it"),
      (
        [
          "message.timestamp.difference.max.ms": "9223372036854775807", "message.timestamp.after.max.ms": "3600000",
          "message.timestamp.before.max.ms": "9223372036854775807",
        ], "more than 1h ahead of the broker's"
      ), (["message.timestamp.before.max.ms": "1000"], "more than 1s behind the broker's"),
      (["message.timestamp.type": "CreateTime"], nil),
    ] as [([String: String], String?)])
  func bounds(_ configuration: [String: String], _ clock: String?) {
    #expect(TopicTimes(configuration).clock == clock)
  }
}
