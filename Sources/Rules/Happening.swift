import Records

/// A rare event that people should read in the log. The engine does no I/O: the caller takes these and logs them.
public enum Happening: Equatable, Sendable {
  /// A subject's clock was set back; its series go on from the record at `offset`. `by` is how far the first late
  /// record of the row was behind the series, in milliseconds.
  case clockSetBack(subject: String, by: Int64, offset: Int64)
  /// Numbers of a subject began anew within one boot, because a boot id came again or two producers have the same one.
  /// The record at `offset` counts, although its number `to` isn't above `from`, the last one. Once for a subject.
  case numbersFell(subject: String, boot: String, from: Int64, to: Int64, offset: Int64)
  /// Two producers send under one name by turns, with these boots. Once for a subject.
  case sharedName(subject: String, boots: [String], offset: Int64)
  /// The number of subjects has reached `limit`: the record at `offset` belongs to a refused subject. Once for all that
  /// share a `SubjectRoom`.
  case subjectRefused(subject: String, limit: Int, offset: Int64)
  /// The first record whose field of a rule is no finite number.
  case badField(rule: String, field: String, kind: Field.Kind, subject: String, offset: Int64)
  /// The subject's samples come more slowly than the rule's `no_data_after` allows, so that each gap breaks `for` and
  /// `keep_firing_for`, which can never be met. In milliseconds. Once for a series.
  case neverHeld(rule: String, subject: String, every: Int64, noDataAfter: Int64)
  /// A rule's window has more samples than are kept: only the last `kept` count. Once for a series.
  case windowFull(rule: String, subject: String, kept: Int)
}
