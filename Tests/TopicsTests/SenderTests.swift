import Glibc
import Kafka
import Platform
import TestSupport
import Testing

@testable import Topics

@Suite("A command's sender", .timeLimit(.minutes(2)), .waits)
struct SenderTests {
  @Test("sends to several topics and partitions, and counts undelivered records")
  func topics() throws {
    let cluster = try cluster()
    try cluster.createTopic("u", partitions: 2)
    try onOwnThread {
      var sender = try Sender.make(
        .init(configuration(cluster), topics: ["t", "u"]), signals: Signals(), log: silent)
      Array("k".utf8).withUnsafeBytes { key in
        sender.send(key: key, value: key)
        for partition in 0..<2 as Range<Int32> { sender.send(to: 1, partition: partition, key: key, value: nil) }
        // The plan has no such topics.
        sender.send(to: 2, key: key, value: nil)
        sender.send(to: 256, key: key, value: nil)
      }
      let sent = sender.sent
      #expect(sent == 5)
      #expect(sender.finish(within: .seconds(30)) == .init(undelivered: 2, refused: 0, firstError: nil))
    }
    #expect(try TopicReader("t", on: cluster.brokers).readToEnd().map(\.value) == ["k"])
    let second = try TopicReader("u", on: cluster.brokers, partitions: 2).readToEnd()
    #expect(second.map(\.partition).sorted() == [0, 1])
    #expect(second.map(\.value) == [nil, nil])
  }

  @Test("a signal ends the wait for brokers, and undelivered records are counted")
  func signal() throws {
    try onOwnThread {
      let signals = try Signals()
      var sender = try Sender.make(
        .init(Configuration(brokers: "127.0.0.1:1"), topics: ["t"]), signals: signals, log: silent)
      Array("k".utf8).withUnsafeBytes { sender.send(key: $0, value: $0) }
      pthread_kill(pthread_self(), SIGTERM)
      sender.wait(until: nil)
      let isStopped = sender.isStopped
      #expect(isStopped)
      Array("k".utf8).withUnsafeBytes { sender.send(key: $0, value: $0) }
      #expect(sender.finish(within: .milliseconds(100)).undelivered == 2)
    }
  }
}
