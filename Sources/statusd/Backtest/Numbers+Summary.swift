import Evaluator
import Platform
import Records

extension EvaluatorNumbers {
  /// What the records were, for people: how many, and what was odd about them.
  var summary: [String] {
    var lines = [counted(records, "record")]
    let bad = zip(BadReason.allCases, badByReason).filter { $0.1 > 0 }.map { "\($0.1) \($0.0.text)" }
    if !bad.isEmpty { lines.append("bad, and left out: \(bad.joined(separator: ", "))") }
    let odd = [
      (badForRule, "without a number where a rule looks"), (late, "late"), (repeated, "repeated"),
      (clocksSetBack, "at which a clock was set back"), (sequencesSetBack, "whose sequence went back"),
      (tombstones, "tombstones"),
      (tombstonesWithoutKey, "tombstones without a key"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    if !odd.isEmpty { lines.append("of the others: \(odd.joined(separator: ", "))") }
    if subjectsRefused > 0 { lines.append("of hosts beyond max_subjects, and left out: \(subjectsRefused)") }
    if subjectsShared > 0 { lines.append("subjects with two producers that send by turns: \(subjectsShared)") }
    return lines
  }
}
