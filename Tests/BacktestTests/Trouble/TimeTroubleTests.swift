import Platform
import Records
import Testing

@testable import Backtest

/// Known faults of clocks and times, and their expected results.
@Suite("Trouble with times")
struct TimeTroubleTests {
  @Test("an unreadable time, or one ahead of Kafka's, makes that record bad and affects no other")
  func wildTimes() throws {
    func line(_ second: Double, _ timestamp: String, _ cpu: Int) -> String {
      History.line(second, "{\"timestamp\":\(timestamp),\"cpu_usage\":\(cpu)}")
    }
    let history = try History(
      rules: History.cpuHigh,
      [
        line(0, "1795176000", 10), line(1, "1795176001000000000", 99), line(2, "\"2036-06-01T00:00:00Z\"", 99),
        line(3, "1795176003.5", 95), line(4, "\"2026-11-20 12:00:04\"", 96), line(5, "\"31/Nov/2026\"", 10),
        line(6, "\"2026-11-31T12:00:06Z\"", 10), line(6.1, "null", 10), line(6.2, "\"\"", 10), line(6.3, "1e308", 10),
        line(6.4, "0", 10), line(6.5, "-1", 10),
        #"{"key":"web-1","timestamp":-1,"value":{"cpu_usage":10}}"#,
        line(7, "\"2026-11-20t14:00:07.250+02:00\"", 10), line(8, "\"2026-11-20T06:00:08.999999999-06:00\"", 97),
        History.line(9, #"{"cpu_usage":12}"#),
      ])
    #expect(
      history.told == [
        "12:00:03.500 firing critical cpu-high/web-1 95 since 12:00:03.500",
        "12:00:07.250 resolved critical cpu-high/web-1 10 since 12:00:07.250",
        "12:00:08.999 firing critical cpu-high/web-1 97 since 12:00:08.999",
        "12:00:09.000 resolved critical cpu-high/web-1 12 since 12:00:09.000",
      ])
    #expect(history.numbers.badByReason[Int(BadReason.future.rawValue)] == 3)
    #expect(history.numbers.badByReason[Int(BadReason.timestamp.rawValue)] == 5)
    #expect(history.numbers.late == 2)
  }

  @Test("a host whose clock is set back by twenty minutes is evaluated again from its third record on")
  func clockSetBack() throws {
    var lines: [String] = []
    for index in 0..<40 {
      let own = 12 * 3600 + index * 10 - (index < 10 ? 0 : 1200)
      let time = "2026-11-20T\(two(own / 3600)):\(two(own / 60 % 60)):\(two(own % 60)).000Z"
      lines.append(
        History.line(
          Double(index * 10), "{\"timestamp\":\"\(time)\",\"cpu_usage\":\((12..<20).contains(index) ? 95 : 5)}")
      )
    }
    let history = try History(rules: History.cpuHigh, lines)
    #expect(
      history.told == [
        "11:42:00.000 firing critical cpu-high/web-1 95 since 11:42:00.000",
        "11:43:20.000 resolved critical cpu-high/web-1 5 since 11:43:20.000",
      ])
    #expect(history.numbers.clocksSetBack == 1)
    #expect(history.numbers.late == 2)
    let said = try #require(history.log.lines.first { $0.message.contains("set back") })
    #expect(said.metadata["by"] == .duration(.seconds(1190)))
  }

  /// Two machines called web-1 that send every ten seconds. The busy one's clock is `behind` seconds behind, and its
  /// records come three seconds later in the log.
  private func clones(behind: Int) -> [String] {
    (0..<72).flatMap { index in
      [("aaaa", 0, 0, 10), ("bbbb", 3, behind, index < 66 ? 95 : 10)].map { boot, later, behind, cpu in
        let own = 1_795_176_000 + index * 10 + later - behind
        return History.line(
          Double(index * 10 + later),
          "{\"timestamp\":\(own).0,\"host\":\"web-1\",\"cpu_usage\":\(cpu),\"boot_id\":\"\(boot)\",\"sequence\":\(index)}"
        )
      }
    }
  }

  @Test("two machines with one name are logged once, with both boot ids, even if one is always late")
  func clones() throws {
    for behind in [0, 4] {
      let history = try History(rules: History.cpuHigh, clones(behind: behind))
      #expect(history.numbers.subjectsShared == 1)
      let said = history.log.lines.filter { $0.message.contains("two producers") }
      #expect(said.count == 1)
      #expect(said.first?.metadata["subject"] == .string("web-1"))
      #expect(said.first?.metadata["boot_ids"] == .string("aaaa and bbbb"))
    }
  }

  @Test("a host whose sequence numbers begin anew under the same boot id is evaluated at once")
  func bootAgain() throws {
    let lines = (0..<40).map { index in
      History.line(
        Double(index * 10),
        "{\"timestamp\":\(1_795_176_000 + index * 10).0,\"cpu_usage\":\((22..<30).contains(index) ? 95 : 5),\"boot_id\":\"aaaa\",\"sequence\":\(index < 20 ? index + 5000 : index - 20)}"
      )
    }
    let history = try History(rules: History.cpuHigh, lines)
    #expect(history.told.count == 2)
    #expect(history.numbers.sequencesSetBack == 1)
    #expect(history.numbers.repeated == 0)
    #expect(history.log.lines.count { $0.message.contains("sequence went back") } == 1)
  }

  @Test("records that are sent again don't count as a clock set back")
  func replayedTail() throws {
    let times = Array(0..<20) + Array(5..<20)
    let lines = times.enumerated().map { index, own in
      // The records that are sent again come within a second.
      let kafka = index < 20 ? Double(index) : 20 + Double(index - 20) / 100
      let cpu = own == 7 ? 95 : 5
      return History.line(kafka, "{\"timestamp\":\(1_795_176_000 + own).0,\"cpu_usage\":\(cpu)}")
    }
    let history = try History(rules: History.cpuHigh, lines)
    #expect(history.told.count == 2)
    #expect(history.numbers.clocksSetBack == 0)
  }

  @Test("a producer that sends less than once a minute can meet for and keep_firing_for")
  func slowProducer() throws {
    let rules =
      History.rule("disk-full", on: "disk_usage", "above = 90\nfor = \"20m\"\nkeep_firing_for = \"10m\"")
      + History.rule("disk-cut", on: "disk_usage", "above = 90\nfor = \"20m\"\nno_data_after = \"2m\"")
    let lines = (0..<16).map { index in
      History.line(Double(index * 300), "{\"host\":\"nas-1\",\"disk_usage\":\(index < 10 ? 96 : 40)}")
    }
    let history = try History(rules: rules, lines)
    #expect(
      history.told == [
        "12:30:00.000 firing critical disk-full/nas-1 96 since 12:10:00.000",
        "13:00:00.000 resolved critical disk-full/nas-1 40 since 12:50:00.000",
      ])
    let said = history.log.lines.filter { $0.message.contains("can't be met") }
    #expect(said.map { $0.metadata["rule"] } == [.string("disk-cut")])
  }

  private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
