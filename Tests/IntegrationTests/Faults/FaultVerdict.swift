import Foundation
import TestSupport

/// Compares the alerts topics with the expected transitions.
struct FaultVerdict {
  /// The number of expected transitions.
  let expected: Int
  /// Ids of expected transitions that are missing.
  private(set) var lost: [String] = []
  /// Ids that occur more than once.
  private(set) var doubled: [String] = []
  /// Ids that aren't expected.
  private(set) var strange: [String] = []
  /// Alerts whose transitions differ in order or content.
  private(set) var disordered: [String] = []
  /// Alerts that fire according to only one of alerts-current and the expected transitions.
  private(set) var stale: [String] = []
  /// Whether all transitions came before the evaluators were ended.
  var isComplete = false
  /// The number of transitions that were written and aborted: kills that hit between write and commit.
  var takenBack = 0

  /// Both sides, sorted by alert, for finding the cause of a difference.
  let expectedLines: [String]
  let seenLines: [String]

  /// Whether there is no difference.
  var isClean: Bool { isComplete && [lost, doubled, strange, disordered, stale].allSatisfy(\.isEmpty) }

  /// - Parameters:
  ///   - expected: transitions as JSON, in order within each alert.
  ///   - seen: the transitions that a consumer of committed records gets.
  ///   - current: all records of alerts-current.
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
