import JSON
import Platform
import Records
import Testing

@testable import Backtest

@Suite("The difference between a backtest and the alerts topic")
struct AlertsDifferenceTests {
  private func difference(
    _ recorded: [Transition], in offsets: Range<Int64> = 0..<1000, begin: WallTime? = nil, kafkaTime: Int64 = 0,
    allowsDoubles: Bool = false
  ) -> AlertsDifference {
    var difference = AlertsDifference(
      Stretch(topic: "status_topic", offsets: [0: offsets], begin: begin), allowsDoubles: allowsDoubles)
    for transition in recorded {
      var writer = Writer()
      transition.encode(into: &writer)
      let isTaken = writer.bytes.withUnsafeBytes { difference.takeRecorded($0, kafkaTime: kafkaTime) }
      #expect(isTaken)
    }
    return difference
  }

  private func findings(
    _ transitions: [Transition], _ difference: inout AlertsDifference
  ) -> [AlertsDifference.Finding] {
    var findings: [AlertsDifference.Finding] = []
    for transition in transitions { findings.append(difference.take(transition)) }
    return findings
  }

  private func ended(_ difference: inout AlertsDifference) -> [Transition] {
    var extra: [Transition] = []
    difference.finish { extra.append($0) }
    return extra
  }

  @Test("the same transitions are no difference")
  func same() {
    let all: [Transition] = [.sample("a", at: 1), .sample("b", at: 2), .sample("a", .resolved, at: 3)]
    var difference = difference(all)
    #expect(findings(all, &difference) == [.same, .same, .same])
    #expect(ended(&difference) == [])
    #expect(difference.counts == AlertsDifference.Counts(same: 3))
    #expect(difference.isSame)
  }

  @Test("transitions of only one side are named")
  func oneSided() {
    var difference = difference([.sample("a", at: 1), .sample("b", at: 2)])
    #expect(findings([.sample("a", at: 1)], &difference) == [.same])
    #expect(findings([.sample("c", at: 2)], &difference) == [.missing])
    #expect(ended(&difference) == [.sample("b", at: 2)])
    #expect(difference.counts == AlertsDifference.Counts(same: 1, missing: 1, extra: 1))
    #expect(!difference.isSame)
  }

  @Test("another order is a difference within one alert, but not between two alerts")
  func order() {
    let all: [Transition] = [.sample("a", at: 1), .sample("b", at: 2), .sample("a", .resolved, at: 3)]
    var difference = difference([all[2], all[1], all[0]])
    #expect(findings(all, &difference) == [.same, .same, .outOfOrder])
    #expect(!difference.isSame)
  }

  @Test(
    "a doubled transition is counted, and is a difference unless delivery is at least once",
    arguments: [false, true])
  func doubled(isAtLeastOnce: Bool) {
    var difference = difference([.sample("a", at: 1), .sample("a", at: 1)], allowsDoubles: isAtLeastOnce)
    #expect(findings([.sample("a", at: 1)], &difference) == [.same])
    #expect(difference.counts == AlertsDifference.Counts(same: 1, doubled: 1))
    #expect(difference.isSame == isAtLeastOnce)
  }

  @Test("only transitions caused by records of the stretch are compared")
  func outside() {
    var difference = difference(
      [.sample("a", .resolved, at: 9), .sample("a", at: 10), .sample("b", at: 20), .sample("c", at: 15, partition: 1)],
      in: 10..<20)
    #expect(findings([.sample("a", at: 10)], &difference) == [.same])
    #expect(ended(&difference) == [])
    #expect(difference.isSame)
  }

  @Test("an alert that fired before the stretch isn't compared until both sides agree")
  func begunBefore() {
    var difference = difference(
      [.sample("a", at: 5), .sample("a", .resolved, at: 15), .sample("b", .resolved, at: 5)], in: 10..<20)
    #expect(findings([.sample("a", at: 10)], &difference) == [.begunBefore])
    #expect(findings([.sample("b", at: 10)], &difference) == [.missing])
    #expect(findings([.sample("a", .resolved, at: 15)], &difference) == [.same])
    #expect(findings([.sample("a", at: 16)], &difference) == [.missing])
  }

  @Test("offsets of an earlier log with the same name aren't compared")
  func earlierLog() {
    var difference = difference(
      [.sample("a", at: 15)], begin: WallTime(milliseconds: 1_000_000), kafkaTime: 600_000)
    #expect(ended(&difference) == [])
  }

  @Test(
    "an alert isn't compared after a transition that the log doesn't determine",
    arguments: [Transition.Reason.noData, .ruleChanged, .ruleRemoved])
  func cut(_ reason: Transition.Reason) {
    var difference = difference([
      .sample("a", at: 1), .sample("a", .resolved, at: 2, reason: reason), .sample("a", at: 3), .sample("b", at: 4),
    ])
    #expect(findings([.sample("a", at: 1)], &difference) == [.same])
    #expect(findings([.sample("a", .resolved, at: 9)], &difference) == [.notComparable])
    #expect(findings([.sample("b", at: 4)], &difference) == [.same])
    #expect(ended(&difference) == [])
    #expect(difference.counts == AlertsDifference.Counts(same: 2, notComparable: 3))
    #expect(difference.isSame)
  }

  @Test("records that aren't transitions are skipped")
  func foreign() {
    var difference = difference([])
    for text in ["{}", "rubbish"] {
      let isTaken = Array(text.utf8).withUnsafeBytes { difference.takeRecorded($0, kafkaTime: 0) }
      #expect(isTaken)
    }
    let isTaken = difference.takeRecorded(nil, kafkaTime: 0)
    #expect(isTaken)
    #expect(ended(&difference) == [])
  }
}
