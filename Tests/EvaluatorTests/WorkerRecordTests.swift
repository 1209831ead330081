import Platform
import Records
import Rules
import TestRandom
import Testing

@testable import Evaluator

@Suite("A worker's records")
struct WorkerRecordTests {
  @Test("each kind of bad record is counted under its reason and skipped")
  func reasons() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    let time = bench.time.wall
    bench.sample(20)
    let bad: [(BadReason, String)] = [
      (.empty, ""), (.notJSON, "{"), (.notObject, "[1]"), (.timestamp, #"{"timestamp":"yesterday"}"#),
      (.future, #"{"timestamp":"\#((time + .seconds(3600)).rfc3339)"}"#), (.subject, #"{"host":"a\nb"}"#),
    ]
    for (_, value) in bad { bench.append(value) }
    bench.cluster.append(key: nil, value: [0x7b, 0x22, 0x68, 0x6f, 0x73, 0x74, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])
    bench.sample(95)
    bench.settle(turns: 5)
    for reason in BadReason.allCases { #expect(bench.numbers.badByReason[Int(reason.rawValue)] == 1, "\(reason)") }
    #expect(bench.numbers.records == 9)
    #expect(bench.alerts.count == 1)
    #expect(bench.committed == [0: 9])
  }

  @Test("among 10,000 damaged records every good one is evaluated, and every bad one is counted under its reason")
  func mutations() throws {
    var bench = try WorkerBench()
    bench.cluster.batch = 1000
    bench.assign(0)
    var random = SeededRandom(seed: 7)
    var expected = [Int64](repeating: 0, count: BadReason.allCases.count)
    var good: Int64 = 0
    for index in 0..<10_000 {
      if index.isMultiple(of: 10) {
        // Each good record has another value than the one before, so each causes a transition.
        bench.sample(good.isMultiple(of: 2) ? 95 : 20)
        good += 1
      }
      guard let mutation = Mutation.allCases.randomElement(using: &random) else { continue }
      let now = bench.time.wall
      let (value, key) = mutation.record(
        now: now.rfc3339, later: (now + .seconds(120)).rfc3339, from: &random)
      bench.cluster.append(key: key, value: value)
      expected[Int(mutation.reason.rawValue)] += 1
    }
    bench.settle(turns: 60)
    #expect(bench.numbers.badByReason == expected)
    #expect(bench.numbers.records == 10_000 + good)
    #expect(bench.alerts.count == Int(good))
    #expect(bench.numbers.lag == 0)
  }

  @Test("a partition that ends with a bad record shows no lag")
  func rubbish() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.append("rubbish")
    bench.settle(turns: 5)
    #expect(bench.numbers.lag == 0)
    #expect(bench.committed == [0: 1])
  }

  @Test("bad records are logged with their place, at a bounded rate")
  func said() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    for _ in 0..<500 { bench.append("rubbish") }
    bench.settle(turns: 10)
    let lines = bench.log.lines.filter { $0.message.contains("can't be read") }
    #expect((1...20).contains(lines.count))
    #expect(lines.first?.metadata["topic"] == .string("status_topic"))
    #expect(lines.first?.metadata["partition"] == .int(0))
    #expect(lines.first?.metadata["offset"] == .int(0))
    #expect(lines.first?.metadata["reason"] == .string("not JSON"))
  }

  @Test("tombstones are counted separately and are no error")
  func tombstones() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.append(nil)
    bench.append(nil, key: nil)
    bench.settle(turns: 5)
    #expect(bench.numbers.tombstones == 1)
    #expect(bench.numbers.tombstonesWithoutKey == 1)
    #expect(bench.numbers.bad == 0)
  }

  @Test("a tombstone ends the series of its key's subject, and of no other")
  func forgets() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    for host in ["web-1", "web-2"] { bench.sample(95, host: host) }
    bench.append(nil, key: "web-1")
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-1", "cpu-high/web-2", "cpu-high/web-1"])
    #expect(bench.alerts.last?.value.contains(#""reason":"forgotten""#) == true)
    #expect(bench.numbers.firing == 1)
    #expect(bench.numbers.subjects == 1)
  }

  @Test("a partition's Kafka time doesn't fall when the leader changes")
  func kafkaTime() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    let now = bench.time.wall
    bench.append(#"{"cpu_usage":1}"#, kafkaTime: now.milliseconds)
    // The new leader's clock is an hour behind. A current sample still isn't in the future.
    bench.append(
      #"{"timestamp":"\#((now + .seconds(1)).rfc3339)","cpu_usage":95}"#,
      kafkaTime: now.milliseconds - 3_600_000)
    bench.settle(turns: 5)
    #expect(bench.numbers.bad == 0)
    #expect(bench.alerts.count == 1)
  }

  @Test("with producers' timestamps, a record far ahead of its Kafka time is skipped and logged with its host")
  func createTime() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    let now = bench.time.wall
    for ahead in [30, 90] {
      bench.append(
        #"{"timestamp":"\#((now + .seconds(ahead)).rfc3339)","host":"web-\#(ahead)","cpu_usage":95}"#, key: nil,
        kafkaTime: now.milliseconds, isLogAppendTime: false)
    }
    bench.settle(turns: 5)
    #expect(bench.numbers.badByReason[Int(BadReason.future.rawValue)] == 1)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-30"])
    let line = try #require(
      bench.log.lines.first { $0.message.hasPrefix("a record's time is ahead of its Kafka time") })
    #expect(line.metadata["subject"] == .string("web-90"))
    #expect(line.metadata["ahead"] == .duration(.seconds(90)))
  }

  @Test("an evaluator whose own clock is wrong by ten minutes skips no records", arguments: [-600, 600])
  func ownClock(behind: Int) throws {
    var bench = try WorkerBench()
    bench.assign(0)
    for (number, host) in ["h-1", "h-2", "h-3"].enumerated() {
      let time = bench.time.wall + .seconds(behind + number)
      bench.append(
        #"{"timestamp":"\#(time.rfc3339)","host":"\#(host)","cpu_usage":95}"#, key: host, kafkaTime: time.milliseconds,
        isLogAppendTime: false)
    }
    bench.settle(turns: 5)
    #expect(bench.numbers.bad == 0)
    #expect(bench.alerts.map(\.key) == ["cpu-high/h-1", "cpu-high/h-2", "cpu-high/h-3"])
    // Only a clock that is behind is noticed: if it is ahead, records only look as if they had waited.
    let said = bench.log.messages.count { $0.hasPrefix("records' Kafka times are ahead of this machine's clock") }
    #expect(said == (behind > 0 ? 1 : 0))
  }

  @Test("a sender whose clock is a year ahead affects no other, and is evaluated again once its clock is corrected")
  func wildSender() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    let now = bench.time.wall
    let cluster = bench.cluster
    func send(_ host: String, _ cpu: Int, at time: WallTime) {
      let value = #"{"timestamp":"\#(time.rfc3339)","host":"\#(host)","cpu_usage":\#(cpu)}"#
      cluster.append(
        key: Array(host.utf8), value: Array(value.utf8), kafkaTime: time.milliseconds, isLogAppendTime: false)
    }
    send("right", 95, at: now)
    send("wild", 20, at: now + .seconds(365 * 86_400))
    for second in 1...4 {
      send("right", 95, at: now + .seconds(second))
      send("wild", 95, at: now + .seconds(second))
    }
    bench.settle(turns: 5)
    #expect(bench.numbers.bad == 0)
    #expect(bench.numbers.subjects == 2)
    #expect(bench.numbers.clocksSetBack == 1)
    #expect(bench.alerts.map(\.key) == ["cpu-high/right", "cpu-high/wild"])
  }

  @Test("new rules replace the old ones between two batches, and alerts of removed rules are resolved")
  func newRules() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.sample(95)
    bench.settle(turns: 5)
    var other = Rule.cpuHigh
    other.name = "cpu-busy"
    bench.share.offer(SourceRules(RuleSet([other])))
    bench.settle(turns: 3)
    bench.sample(95)
    bench.settle(turns: 5)
    #expect(bench.alerts.map(\.key) == ["cpu-high/web-1", "cpu-high/web-1", "cpu-busy/web-1"])
    #expect(bench.alerts[1].value.contains("rule removed"))
    #expect(bench.log.messages.contains("new rules are in force"))
  }

  @Test("the heartbeat is fresh while the loop runs, even if brokers are silent")
  func heartbeat() throws {
    var bench = try WorkerBench()
    bench.assign(0)
    bench.sample(95)
    bench.cluster.isSilent = true
    for _ in 0..<100 {
      bench.worker.turn()
      #expect(bench.heartbeat.isFresh(at: bench.time.monotonic))
    }
  }
}
