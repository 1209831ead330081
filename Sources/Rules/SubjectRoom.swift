import Synchronization

/// The limit of subjects with state in all engines of a process, so that made-up names don't use up its memory. Shared
/// by threads.
public final class SubjectRoom: Sendable {
  private let taken = Atomic<Int>(0)
  private let most: Atomic<Int>
  private let isTold = Atomic<Bool>(false)

  /// Room for `limit` subjects; nil for any number.
  public init(limit: Int? = nil) { most = Atomic(limit ?? .max) }

  /// The limit. Lowering it below the current number removes no subject.
  public var limit: Int {
    get { most.load(ordering: .relaxed) }
    set { most.store(newValue, ordering: .relaxed) }
  }

  /// The current number of subjects.
  public var count: Int { taken.load(ordering: .relaxed) }

  /// Takes a place for one more subject, if there is one.
  func take() -> Bool {
    if taken.add(1, ordering: .relaxed).newValue <= limit { return true }
    give(1)
    return false
  }

  /// Takes a place for a subject that is known already, whatever the limit.
  func takeAnyway() { taken.add(1, ordering: .relaxed) }

  /// Frees places.
  func give(_ count: Int) { taken.subtract(count, ordering: .relaxed) }

  /// Whether a refusal must still be logged: true once.
  func mayTell() -> Bool { !isTold.exchange(true, ordering: .relaxed) }
}
