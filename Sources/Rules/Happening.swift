import Records

/// Something rare that people should read in the log. The engine does no I/O: the caller takes these and says them.
public enum Happening: Equatable, Sendable {
  /// A subject's clock went back and stayed there; its series go on from the record at `offset`. `by` is how far
  /// behind the series the first late record of the row stood, in milliseconds.
  case clockSetBack(subject: String, by: Int64, offset: Int64)
  /// Numbers of a subject began anew within one boot, as where a boot id comes again or two producers have the same: the
  /// record at `offset` counts, though its number `to` isn't above `from`, the last one. Once for a subject.
  case numbersFell(subject: String, boot: String, from: Int64, to: Int64, offset: Int64)
  /// Two producers send under one name by turns; their boots are these. Once for a subject.
  case sharedName(subject: String, boots: [String], offset: Int64)
  /// There are as many subjects as there may be, `limit`: the record at `offset` is of one that was refused. Once for
  /// all who share a `SubjectRoom`.
  case subjectRefused(subject: String, limit: Int, offset: Int64)
  /// The first record in which the field that a rule watches is no finite number.
  case badField(rule: String, field: String, kind: Field.Kind, subject: String, offset: Int64)
  /// The subject's samples come more slowly than the rule's `no_data_after` allows, so that each of them breaks `for`
  /// and `keep_firing_for`: what the rule names of the two can never be met. Milliseconds. Once for a series.
  case neverHeld(rule: String, subject: String, every: Int64, noDataAfter: Int64)
  /// More samples lie in a rule's window than are kept: it looks at the last `kept` only. Once for a series.
  case windowFull(rule: String, subject: String, kept: Int)
}
