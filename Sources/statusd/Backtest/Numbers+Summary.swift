import Evaluator
import Platform
import Records

extension EvaluatorNumbers {
  /// A summary of the records, for people: their number, and their oddities.
  var summary: [String] {
    var lines = [counted(records, "record")]
    let bad = zip(BadReason.allCases, badByReason).filter { $0.1 > 0 }.map { "\($0.1) \($0.0.text)" }
    if !bad.isEmpty { lines.append("bad, and skipped: \(bad.joined(separator: ", "))") }
    let odd = [
      (badForRule, "without a number in a rule's field"), (late, "late"), (repeated, "repeated"),
      (clocksSetBack, "after a clock was set back"), (sequencesSetBack, "after the sequence fell"),
      (tombstones, "tombstones"),
      (tombstonesWithoutKey, "tombstones without a key"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    if !odd.isEmpty { lines.append("of the others: \(odd.joined(separator: ", "))") }
    if subjectsRefused > 0 { lines.append("of hosts beyond max_subjects, and skipped: \(subjectsRefused)") }
    if subjectsShared > 0 { lines.append("subjects with two producers: \(subjectsShared)") }
    return lines
  }
}
