import Foundation
import Platform
import ProcFS
import Synchronization
import TestSupport
import Testing

@testable import Agent

@Suite("An agent samples", .timeLimit(.minutes(1)), .waits)
struct SamplingTests {
  @Test("each interval gives one record of this host, with its time, sequence number and key")
  func samples() throws {
    let fixture = try AgentFixture()
    let agent = fixture.agent(fixture.plan)
    let start = fixture.time.wall
    try agent.start()
    fixture.advance(times: 5)
    fixture.settle()
    #expect(fixture.stop(agent) == 0)
    var sequences: [Double] = []
    for i in 1...5 {
      let record = try fixture.nextRecord()
      let object = try record.object
      #expect(record.key == "web-1")
      #expect(object["host"] as? String == "web-1")
      #expect(object["timestamp"] as? String == (start + .seconds(i)).rfc3339)
      #expect(object.number("interval_ms") == 1000)
      #expect((object["boot_id"] as? String)?.count == 36)
      #expect(try (0...100).contains(#require(object.number("memory_usage"))))
      #expect(try #require(object.number("cpu_count")) >= 1)
      sequences.append(try #require(object.number("sequence")))
    }
    #expect(sequences == (0..<5).map { sequences[0] + Double($0) })
    #expect(agent.numbers.samples == 5)
    #expect(agent.numbers.recordsDelivered == 5)
    #expect(agent.numbers.recordsWaiting == 0)
  }

  @Test("each sample carries the host's tags; statusd's own metrics don't")
  func tags() throws {
    let fixture = try AgentFixture()
    var plan = fixture.plan
    plan.agent.tags = [.init(name: "role", value: "web"), .init(name: "rack", value: "r\u{fc}")]
    plan.ownInterval = .seconds(1)
    let agent = fixture.agent(plan)
    try agent.start()
    fixture.advance(times: 2)
    fixture.settle()
    #expect(fixture.stop(agent) == 0)
    for _ in 0..<2 {
      let sample = try fixture.nextSample()
      #expect(sample["role"] as? String == "web")
      #expect(sample["rack"] as? String == "r\u{fc}")
    }
    #expect(try fixture.nextOwnRecord().object["role"] == nil)
  }

  @Test("while a machine is called localhost, it is asked for its name; records carry the name once there is one")
  func localhost() throws {
    let fixture = try AgentFixture()
    let name = Mutex("localhost.localdomain")
    var plan = fixture.plan
    plan.agent.host = "localhost"
    plan.ownInterval = .seconds(1)
    plan.machineName = { name.withLock { $0 } }
    let agent = fixture.agent(plan)
    try agent.start()
    fixture.advance(times: 2)
    fixture.settle()
    name.withLock { $0 = "web-7" }
    fixture.time.advance(by: .seconds(1))
    fixture.settle()
    name.withLock { $0 = "web-8" }
    fixture.time.advance(by: .seconds(1))
    fixture.settle()
    #expect(fixture.stop(agent) == 0)
    let records = try (0..<4).map { _ in try fixture.nextRecord() }
    #expect(try records.map { try $0.object["host"] as? String } == ["localhost", "localhost", "web-7", "web-7"])
    let own = try (0..<4).map { _ in try fixture.nextOwnRecord() }
    #expect(try own.map { try $0.object["host"] as? String }.last == "statusd@web-7")
    #expect(records.last?.key == "web-7" && own.last?.key == "statusd@web-7")
    #expect(
      fixture.lines("the machine has a host name now; its records carry it from now on").map { $0.metadata["host"] }
        == ["web-7"])
  }

  @Test("a stall gives one record and no burst, and is logged")
  func stall() throws {
    let fixture = try AgentFixture()
    let agent = fixture.agent(fixture.plan)
    try agent.start()
    fixture.advance()
    fixture.advance(by: .seconds(3600))
    fixture.advance()
    fixture.settle()
    #expect(fixture.stop(agent) == 0)
    let intervals = try (0..<3).map { _ in try fixture.nextSample().number("interval_ms") }
    #expect(intervals == [1000, 3_600_000, 1000])
    #expect(fixture.lines("the agent was stalled; samples were not taken").map { $0.metadata["missed"] } == [3599])
    #expect(agent.numbers.ticksMissed == 3599)
  }

  @Test("a step of the wall clock or a suspend is logged; event time follows the wall clock, ticks don't")
  func wallClock() throws {
    let fixture = try AgentFixture()
    let agent = fixture.agent(fixture.plan)
    let start = fixture.time.wall
    try agent.start()
    fixture.advance()
    fixture.settle()
    fixture.time.setWall(start + .seconds(7200))
    fixture.time.advance(by: .seconds(1))
    fixture.settle()
    #expect(fixture.stop(agent) == 0)
    let times = try (0..<2).map { _ in try fixture.nextRecord().object["timestamp"] as? String }
    #expect(times == [(start + .seconds(1)).rfc3339, (start + .seconds(7201)).rfc3339])
    #expect(
      fixture.lines("the wall clock was set, or the machine was suspended").map { $0.metadata["by"] } == [
        .duration(.seconds(7199))
      ])
  }

  @Test("a restarted agent's sequence numbers are above its predecessor's")
  func restart() throws {
    let fixture = try AgentFixture()
    var last = 0.0
    for _ in 0..<3 {
      let agent = fixture.agent(fixture.plan)
      try agent.start()
      fixture.advance(times: 2)
      fixture.settle()
      #expect(fixture.stop(agent) == 0)
      for _ in 0..<2 {
        let sequence = try #require(try fixture.nextRecord().object.number("sequence"))
        #expect(sequence > last)
        last = sequence
      }
    }
  }

  @Test("every 10 s statusd's own metrics go to their own topic; the status topic has only hosts")
  func ownNumbers() throws {
    let fixture = try AgentFixture()
    let agent = fixture.agent(fixture.plan, ownNumbers: { [("lag", 17), ("ratio", 0.25), ("broken", .nan)] })
    try agent.start()
    fixture.advance(times: 10)
    fixture.settle()
    #expect(fixture.stop(agent) == 0)
    for _ in 0..<10 {
      let sample = try fixture.nextRecord()
      #expect(sample.key == "web-1")
      #expect(try sample.object["kind"] == nil)
    }
    let own = try fixture.nextOwnRecord()
    #expect(own.key == "statusd@web-1")
    let object = try own.object
    #expect(object["host"] as? String == "statusd@web-1")
    #expect(object["kind"] as? String == "self")
    #expect(object.number("samples") == 10)
    #expect(object.number("samples_lost") == 0)
    #expect(object.number("lag") == 17)
    #expect(object.number("ratio") == 0.25)
    #expect(object["broken"] == nil)
    #expect(object["cpu_usage"] == nil)
  }

  @Test("without sampling, statusd's own metrics are still sent")
  func evaluatorOnly() throws {
    let fixture = try AgentFixture()
    var plan = fixture.plan
    plan.samplesHost = false
    plan.agent.procfs = "/no/such/proc"
    let agent = fixture.agent(plan)
    try agent.start()
    fixture.advance(by: .seconds(10), times: 2)
    fixture.settle()
    #expect(fixture.stop(agent) == 0)
    for _ in 0..<2 { #expect(try fixture.nextOwnRecord().key == "statusd@web-1") }
    #expect(agent.numbers.samples == 0)
  }

  @Test("if the topic of statusd's own metrics is missing, samples go on, and metrics are left out until it exists")
  func noOwnTopic() throws {
    let fixture = try AgentFixture()
    let own = fixture.ownTopic
    let agent = fixture.agent(fixture.plan, topicIsReady: { $0 != own })
    try agent.start()
    fixture.advance(times: 21)
    fixture.settle()
    #expect(fixture.stop(agent) == 0)
    for _ in 0..<21 { #expect(try fixture.nextRecord().key == "web-1") }
    #expect(agent.numbers.recordsDelivered == agent.numbers.samples)
  }

  @Test("the start fails with the path of a /proc that can't be read")
  func noProc() throws {
    let fixture = try AgentFixture()
    var plan = fixture.plan
    plan.agent.procfs = "/no/such/proc"
    let agent = fixture.agent(plan)
    let error = #expect(throws: ProcError.self) { try agent.start() }
    #expect(error?.path == "/no/such/proc/stat")
    #expect(fixture.stop(agent) == 0)
  }

  @Test("a file that becomes unreadable is logged once, and the other fields are still sent")
  func fileGoes() throws {
    let fixture = try AgentFixture()
    let proc = try TemporaryDirectory()
    try proc.write("MemTotal: 1000 kB\nMemFree: 500 kB\nMemAvailable: 750 kB\n", to: "meminfo")
    try proc.write("0.10 0.20 0.30 1/2 3\n", to: "loadavg")
    try proc.write("cpu  1 2 3 4 5 6 7 8\ncpu0 1 2 3 4 5 6 7 8\nintr 1\n", to: "stat")
    var plan = fixture.plan
    plan.agent.procfs = proc.path
    let agent = fixture.agent(plan)
    try agent.start()
    fixture.advance()
    fixture.settle()
    for (file, text) in [("meminfo", ""), ("loadavg", "")] {
      let handle = try #require(FileHandle(forWritingAtPath: proc.path + "/" + file))
      try handle.truncate(atOffset: 0)
      try handle.write(contentsOf: Data(text.utf8))
      try FileManager.default.removeItem(atPath: proc.path + "/" + file)
    }
    fixture.time.advance(by: .seconds(1))
    fixture.advance(times: 5)
    fixture.settle()
    #expect(fixture.stop(agent) == 0)
    let first = try fixture.nextRecord().object
    #expect(first.number("memory_usage") == 25)
    #expect(first.number("load_1") == 0.1)
    #expect(first["boot_id"] == nil)
    for _ in 0..<6 {
      let later = try fixture.nextRecord().object
      #expect(later["memory_usage"] == nil)
      #expect(later["load_1"] == nil)
      #expect(later.number("cpu_count") == 1)
    }
    let said = fixture.lines("memory can't be read")
    #expect(said.map { $0.metadata["reason"] } == ["No such file or directory"])
    #expect(said.first?.level == .warning)
    #expect(fixture.lines("load can't be read").count == 1)
    #expect(fixture.lines("the kernel reports no CPU pressure").map(\.level) == [.info])
  }
}
