import Foundation
import TestSupport
import Testing

@Suite("the tests' own broker", .waits)
struct BrokerTests {
  @Test("it keeps its address after a kill, and leaves nothing behind", .needsKafka)
  func lives() throws {
    var broker: Broker? = try Broker.start()
    let directory = try #require(broker?.directory)
    let address = try #require(broker?.address)
    try broker?.kill()
    try broker?.restart()
    #expect(broker?.address == address)
    broker = nil
    #expect(!FileManager.default.fileExists(atPath: directory))
  }

  @Test("a child's output lines and exit status arrive unchanged")
  func child() throws {
    let child = try Subprocess(
      "/bin/sh", ["-c", "read line; echo \"got $line\"; echo oops >&2; pwd; exit 3"], directory: "/tmp")
    try child.write("this\n")
    try child.waitForLine(containing: "got this")
    #expect(try child.waitForExit() == .exited(3))
    #expect(child.output.lines == ["got this", "/tmp"])
    #expect(child.errors.text == "oops\n")
  }

  @Test("the status of a killed child names the signal")
  func killed() throws {
    let child = try Subprocess("/bin/cat")
    child.signal(SIGTERM)
    #expect(try child.waitForExit() == .signalled(SIGTERM))
  }
}

@Suite("the tests' own clusters", .waits)
struct ClusterTests {
  @Test("written records are read back, up to the end", arguments: TestCluster.Kind.here)
  func writesAndReads(_ kind: TestCluster.Kind) throws {
    let cluster = try TestCluster.open(kind)
    let topic = try cluster.createTopic(partitions: 2)
    let writer = try TopicWriter(on: cluster.brokers)
    for number in 0..<10 { try writer.write("value \(number)", key: "key", to: topic, partition: Int32(number % 2)) }
    try writer.flush()
    let records = try TopicReader(topic, on: cluster.brokers, partitions: 2).readToEnd()
    #expect(records.filter { $0.partition == 1 }.map(\.value) == [1, 3, 5, 7, 9].map { "value \($0)" })
    #expect(records.count == 10)
  }
}
