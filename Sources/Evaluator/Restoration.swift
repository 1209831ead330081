import Platform
import Records

/// The progress of a partition's restoration, and its next step.
///
/// First the group is asked for its position. The answer waits for transactions that are about to change it, so
/// everything that an earlier owner was allowed to commit is decided. Only then brokers are asked for the changelog's
/// high watermark. The changelog is read until readers of committed records have passed it.
package final class Restoration {
  /// The next step. The method for each answer returns the step after it.
  enum Step: Equatable {
    /// Ask the group for its position.
    case askGroup
    /// Open the changelog's partition, and ask for its high watermark.
    case openChangelog
    /// Read the changelog up to `end`.
    case readChangelog(end: Int64)
    /// All is known: restore the state, and let the records come.
    case complete
  }

  let partition: LogPartition
  let began: MonotonicTime
  private(set) var next = Step.askGroup
  /// The group's answer; nil if it wasn't asked yet.
  private(set) var group: GroupPosition?
  /// The changelog as far as it was read.
  var store: ChangelogStore
  /// Up to where the changelog was read.
  private(set) var position: Int64 = 0
  /// When reading it last advanced.
  private(set) var advanced: MonotonicTime

  init(_ partition: LogPartition, _ scope: ChangelogScope, at now: MonotonicTime) {
    self.partition = partition
    began = now
    advanced = now
    store = ChangelogStore(scope, partition: partition.number)
  }

  /// The position that the group has committed; nil if it has none, or wasn't asked yet.
  var committed: CommittedPosition? { group?.committed }

  /// Whether the changelog is open for it.
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
