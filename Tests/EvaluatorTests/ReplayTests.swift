import Platform
import Rules
import Settings
import TestSupport
import Testing

@testable import Evaluator

@Suite("A replay of existing records")
struct ReplayTests {
  private func replay(_ rule: Rule) -> Replay {
    var settings = Settings(brokers: "a:1", hostName: "h")
    settings.rules = [rule]
    var replay = Replay(
      settings: settings, topic: "status_topic", rules: settings.ruleSet, partitionCount: 1,
      log: Logger(output: CapturedLog()),
      time: ManualTime())
    replay.begin(partition: 0, at: 0)
    return replay
  }

  private func give(_ value: String?, at offset: Int64, to replay: inout Replay) {
    Array("web-1".utf8).withUnsafeBytes { key in
      func give(_ value: UnsafeRawBufferPointer?) {
        replay.receive(
          LogRecord(
            partition: LogPartition(topic: 0, number: 0), offset: offset, kafkaTime: offset * 1000,
            isLogAppendTime: true, key: key, value: value))
      }
      guard let value else { return give(nil) }
      Array(value.utf8).withUnsafeBytes { give($0) }
    }
  }

  @Test("state that waits for a changelog is dropped from time to time, without effect on transitions")
  func nothingIsKept() {
    var replay = replay(.cpuHigh)
    replay.settlesEvery = 17
    for offset in Int64(0)..<16 { give(#"{"cpu_usage":95}"#, at: offset, to: &replay) }
    replay.speak()
    let before = replay.unwrittenSubjects
    give(#"{"cpu_usage":96}"#, at: 16, to: &replay)
    replay.speak()
    let after = replay.unwrittenSubjects
    #expect(before == 1)
    #expect(after == 0)
    give(nil, at: 17, to: &replay)
    let made = replay.takeTransitions().map(\.status)
    #expect(made == [.firing, .resolved])
  }

  @Test("silence is declared only when the caller moves the clock")
  func silence() {
    var rule = Rule.cpuHigh
    rule.noData = .alert
    var replay = replay(rule)
    give(#"{"cpu_usage":10}"#, at: 0, to: &replay)
    replay.speak()
    replay.pass(to: 59_999, since: 0)
    let early = replay.hasTransitions
    #expect(!early)
    replay.pass(to: 60_000, since: 0)
    let made = replay.takeTransitions()
    #expect(made.map(\.reason) == [.noData])
  }

  @Test("a producer's clock that is ahead makes no other host look gone; the wall clock decides")
  func producersTimes() {
    var settings = Settings(brokers: "a:1", hostName: "h")
    settings.rules = [.cpuHigh]
    settings.evaluator.forgetAfter = .seconds(3600)
    let time = ManualTime()
    var replay = Replay(
      settings: settings, topic: "status_topic", rules: settings.ruleSet, partitionCount: 1,
      log: Logger(output: CapturedLog()), time: time)
    replay.begin(partition: 0, at: 0)
    let wall = time.wall.milliseconds
    let records = [
      ("web-1", wall - 7_200_000), ("web-2", wall - 7_100_000), ("web-2", wall + 86_400_000 * 365),
    ]
    for (offset, (host, kafkaTime)) in records.enumerated() {
      let own = min(kafkaTime, wall - 1000)
      Array(host.utf8).withUnsafeBytes { key in
        Array("{\"cpu_usage\":95,\"timestamp\":\(own)}".utf8).withUnsafeBytes { value in
          replay.receive(
            LogRecord(
              partition: LogPartition(topic: 0, number: 0), offset: Int64(offset), kafkaTime: kafkaTime,
              isLogAppendTime: false, key: key, value: value))
        }
      }
    }
    // The wall clock moved by two hours, not a year: both hosts are forgotten, and the one that sends begins anew.
    let subjects = replay.numbers.subjects
    let made = replay.takeTransitions().map(\.subject)
    #expect(subjects == 1)
    #expect(made == ["web-1", "web-2", "web-1", "web-2", "web-2"])
  }
}
