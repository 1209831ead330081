import JSON
import Platform
import Records
import Testing

@testable import Console

@Suite("The newest readings of consumer groups")
struct GroupTableTests {
  private func reading(
    _ subject: String, kind: String = "group", at seconds: Int = 0, _ numbers: String = #","lag":5"#
  ) -> String {
    #"{"timestamp":"2026-11-22T18:00:0\#(seconds).000Z","host":"\#(subject)","kind":"\#(kind)"\#(numbers)}"#
  }

  private func seen(_ values: [String], names: [String] = [], keeps: Bool = false) -> [SeenGroup] {
    var groups = SeenGroups(.init(names: names), keepsRecords: keeps)
    for value in values {
      Array(value.utf8).withUnsafeBytes { groups.take(key: nil, value: $0, kafkaTime: 0) }
    }
    return groups.sorted
  }

  private let all =
    #","state":"stalled","lag":1200,"lag_max":700,"lag_seconds":90.5,"progress":50,"members":2,"state_code":2,"#
    + #""partitions":4,"partitions_missing":0,"interval_ms":10000"#

  @Test("the newest reading of each group counts, followed by its topics; other kinds are passed over")
  func newest() throws {
    let groups = seen([
      reading("group/b"), reading("group/a/t", kind: "group-topic"), reading("group/a", at: 1, all),
      reading("group/a", at: 0), reading("orders", kind: "stream"), reading("kafka", kind: "cluster"),
    ])
    #expect(groups.map(\.subject) == ["group/a", "group/a/t", "group/b"])
    #expect(groups.map(\.group) == ["a", "a", "b"])
    #expect(groups.map(\.topic) == [nil, "t", nil])
    let first = try #require(groups.first)
    #expect([first.lag, first.lagMax, first.behind, first.progress] == [1200, 700, 90.5, 50])
    #expect([first.interval, first.members, first.missing] == [10_000, 2, 0])
    #expect(first.state == "stalled")
  }

  @Test("names are unescaped; globs are compared with the group's own name")
  func names() {
    let values = [reading("group/eu%2Forders 100%25"), reading("group/eu%2Forders 100%25/t", kind: "group-topic")]
    #expect(seen(values, names: ["eu/*"]).map(\.group) == ["eu/orders 100%", "eu/orders 100%"])
    #expect(seen(values, names: ["t", "group*"]).isEmpty)
    #expect(seen([reading("group/a%2"), reading("group/%zz")]).map(\.group) == ["%zz", "a%2"])
  }

  @Test("the table has a line for each group and topic")
  func lines() {
    let groups = seen([
      reading("group/billing", all), reading("group/billing/orders", kind: "group-topic", all),
      reading("group/idle", #","state":"empty","lag":0,"lag_max":0,"lag_seconds":0,"members":0"#),
      reading("group/new", #","partitions_missing":2"#),
    ])
    let now = WallTime(milliseconds: groups[0].time.milliseconds + 3000)
    let lines = GroupTable.of(groups, firing: FiringRules(), now: now).lines(colours: Colours(isOn: false))
    #expect(
      lines.joined(separator: "\n") == """
        GROUP    TOPIC   STATE     LAG  MAX  BEHIND  PROGRESS  MEMBERS  MISSING  AGE  FIRING
        billing          stalled  1200  700   1m31s       5/s        2            3s
        billing  orders  stalled  1200  700   1m31s       5/s        2            3s
        idle             empty       0    0      0s                  0            3s
        new                          -    -                                   2   3s
        """)
  }

  @Test("the object has group, topic, state, and the numbers as they are written")
  func object() throws {
    let groups = seen([reading("group/a/t", kind: "group-topic", all)], keeps: true)
    var line: [UInt8] = []
    let now = WallTime(milliseconds: groups[0].time.milliseconds + 1500)
    ReadingObject.append(groups[0], firing: nil, now: now, to: &line)
    #expect(
      String(decoding: line, as: UTF8.self)
        == #"{"group":"a","topic":"t","state":"stalled","timestamp":"2026-11-22T18:00:00.000Z","age_seconds":1.5,"#
        + #""numbers":{"lag":1200,"lag_max":700,"lag_seconds":90.5,"progress":50,"members":2,"state_code":2,"#
        + #""partitions":4,"partitions_missing":0,"interval_ms":10000},"firing":null}"# + "\n")
  }
}
