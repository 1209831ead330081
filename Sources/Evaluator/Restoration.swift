import Platform
import Records

/// What is known so far of a partition that is being restored, and what comes next.
///
/// First the group is asked for its position: the answer waits for deliveries that are about to change it, so that what an
/// earlier owner was allowed to commit is decided. Only then the changelog's high watermark says how far it must be read,
/// and it is read until readers of committed records have passed that.
package final class Restoration {
  /// What is to be done next. Each answer's method returns the step behind it.
  enum Step: Equatable {
    /// The group is asked for its position.
    case askGroup
    /// The changelog's partition is opened, and asked for its high watermark.
    case openChangelog
    /// The changelog is read up to `end`.
    case readChangelog(end: Int64)
    /// All is known: the state is made from it, and its records come again.
    case complete
  }

  let partition: LogPartition
  let began: MonotonicTime
  private(set) var next = Step.askGroup
  /// What the group says of its position; nil if it wasn't asked yet.
  private(set) var group: GroupPosition?
  /// What the changelog says so far.
  var store: ChangelogStore
  /// Up to where the changelog was read.
  private(set) var position: Int64 = 0
  /// When reading it came on last.
  private(set) var advanced: MonotonicTime

  init(_ partition: LogPartition, _ scope: ChangelogScope, at now: MonotonicTime) {
    self.partition = partition
    began = now
    advanced = now
    store = ChangelogStore(scope, partition: partition.number)
  }

  /// The position that the group has committed; nil if it has none, or wasn't asked yet.
  var committed: CommittedPosition? { group?.committed }

  /// The changelog was opened for it.
  var isOpen: Bool { next != .askGroup && next != .openChangelog }

  /// The group has answered.
  func answered(_ group: GroupPosition) -> Step {
    self.group = group
    next = .openChangelog
    return next
  }

  /// The changelog is open, and must be read up to `end`; nil if it has no such partition.
  func opened(_ end: Int64?) -> Step {
    next = end.map { $0 > 0 ? .readChangelog(end: $0) : .complete } ?? .complete
    return next
  }

  /// The changelog was read up to `position`.
  func read(to position: Int64, at now: MonotonicTime) -> Step {
    if position > self.position { advanced = now }
    self.position = position
    if case .readChangelog(let end) = next, position >= end { next = .complete }
    return next
  }
}
