/// Step 10: the subjects that may have been idle for `forget_after`, by the log's own time. Each is checked about once
/// in `forget_after`, so a record costs nothing for it.
struct IdleSubjects: ~Copyable {
  /// The log's time at, or before, the last record of each subject.
  private var seen = Deadlines()
  /// `forget_after`, in milliseconds.
  var limit: Int64 { didSet { settle() } }
  /// The next time of the log at which a subject may have been idle for so long; `Int64.max` if there is none.
  private(set) var next = Int64.max

  init(limit: Int64) { self.limit = limit }

  /// Called when the subject in this block had its last record at the log's time `time`, or later.
  mutating func set(_ number: Int, seenAt time: Int64) {
    seen.set(number, at: time)
    settle()
  }

  /// Called when the subject in this block is gone.
  mutating func remove(_ number: Int) {
    seen.remove(number)
    settle()
  }

  /// A subject that may have been idle since `time`; nil if there is none.
  func due(at time: Int64) -> Int? { seen.due(at: time) }

  private mutating func settle() { next = seen.first == .max ? .max : seen.first &+ limit }
}
