import Foundation
import TestSupport

/// What stands in the topics of alerts, beside what should.
struct FaultVerdict {
  /// Transitions that should stand there.
  let expected: Int
  /// Their ids, where they don't.
  private(set) var lost: [String] = []
  /// Ids that stand there more than once.
  private(set) var doubled: [String] = []
  /// Ids that shouldn't.
  private(set) var strange: [String] = []
  /// Alerts whose transitions stand in another order, or say something else.
  private(set) var disordered: [String] = []
  /// Alerts that fire by the one, and not by the other, of the topic of what fires now and the transitions.
  private(set) var stale: [String] = []
  /// Whether all came before anybody was ended.
  var isComplete = false
  /// Transitions that were written and taken back by the end of a transaction: the kills that hit between the two.
  var takenBack = 0

  /// Both as they are, alert by alert, for whoever looks for the reason.
  let expectedLines: [String]
  let seenLines: [String]

  /// Whether nothing is wrong.
  var isClean: Bool { isComplete && [lost, doubled, strange, disordered, stale].allSatisfy(\.isEmpty) }

  /// - Parameters:
  ///   - expected: transitions as JSON, those of an alert in their order.
  ///   - seen: those that a consumer of committed records gets.
  ///   - current: all of the topic of what fires now.
  init(expected: [String], seen: [String], current: [Record]) {
    self.expected = expected.count
    let (wanted, got) = (expected.map(Said.init), seen.map(Said.init))
    let (wantedIDs, gotIDs) = (Set(wanted.map(\.id)), Set(got.map(\.id)))
    lost = wantedIDs.subtracting(gotIDs).sorted()
    strange = gotIDs.subtracting(wantedIDs).sorted()
    doubled = Dictionary(grouping: got, by: \.id).filter { $1.count > 1 }.keys.sorted()
    (expectedLines, seenLines) = (
      wanted.sorted { $0.alert < $1.alert }.map(\.text), got.sorted { $0.alert < $1.alert }.map(\.text)
    )
    let (wantedByAlert, gotByAlert) = (
      Dictionary(grouping: wanted, by: \.alert), Dictionary(grouping: got, by: \.alert)
    )
    disordered = wantedByAlert.filter { $1.map(\.text) != gotByAlert[$0]?.map(\.text) }.keys.sorted()
    var firing: [String: Bool] = [:]
    for record in current { firing[record.key ?? ""] = record.value != nil }
    let fires = Set(firing.filter(\.value).keys)
    let should = Set(wantedByAlert.compactMap { $1.last?.isFiring == true ? $0 : nil })
    stale = fires.symmetricDifference(should).sorted()
  }

  /// A transition.
  private struct Said {
    let text: String
    let id: String
    let alert: String
    let isFiring: Bool

    init(_ text: String) {
      self.text = text
      let object = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
      func field(_ name: String) -> String { object[name] as? String ?? "" }
      id = field("id")
      alert = field("rule") + "/" + field("host")
      isFiring = field("status") == "firing"
    }
  }
}
