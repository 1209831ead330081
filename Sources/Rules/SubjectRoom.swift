import Synchronization

/// How many subjects the engines of a process may have state of, all together: so that made-up names don't take its
/// memory from it. Shared by threads.
public final class SubjectRoom: Sendable {
  private let taken = Atomic<Int>(0)
  private let most: Atomic<Int>
  private let isTold = Atomic<Bool>(false)

  /// Room for `limit` subjects; nil: for any number.
  public init(limit: Int? = nil) { most = Atomic(limit ?? .max) }

  /// How many there may be. A lower one than there are takes nobody's place away.
  public var limit: Int {
    get { most.load(ordering: .relaxed) }
    set { most.store(newValue, ordering: .relaxed) }
  }

  /// How many there are.
  public var count: Int { taken.load(ordering: .relaxed) }

  /// Takes a place for one more, where there is one.
  func take() -> Bool {
    if taken.add(1, ordering: .relaxed).newValue <= limit { return true }
    give(1)
    return false
  }

  /// Takes a place for one that is known already: it has one, whatever the limit.
  func takeAnyway() { taken.add(1, ordering: .relaxed) }

  /// Gives places back.
  func give(_ count: Int) { taken.subtract(count, ordering: .relaxed) }

  /// Whether people are still to be told that somebody was refused: true once.
  func mayTell() -> Bool { !isTold.exchange(true, ordering: .relaxed) }
}
