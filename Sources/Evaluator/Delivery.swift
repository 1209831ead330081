/// How far the delivery of an outbox has come. The worker does what `next` says, and tells how it went.
struct Delivery: Equatable {
  /// What to do next.
  enum Step: Equatable {
    /// Begin.
    case begin
    /// Produce the transition at this place of the outbox.
    case produce(Int)
    /// Send the positions.
    case sendOffsets
    /// Commit.
    case commit
  }

  private(set) var next = Step.begin

  /// Nothing of the outbox is in the log's hands.
  var isIdle: Bool { next == .begin }

  /// The step was done; `count` transitions stand in the outbox. True: that was the last one, and all is delivered.
  mutating func succeeded(of count: Int) -> Bool {
    switch next {
    case .begin: next = count > 0 ? .produce(0) : .sendOffsets
    case .produce(let index): next = index + 1 < count ? .produce(index + 1) : .sendOffsets
    case .sendOffsets: next = .commit
    case .commit:
      next = .begin
      return true
    }
    return false
  }

  /// The step failed, or the outbox changed: with `deliverAgain` everything of it is sent once more, its ids make
  /// doubles harmless.
  mutating func failed(_ remedy: LogFailure.Remedy) {
    if remedy == .deliverAgain { next = .begin }
  }
}
