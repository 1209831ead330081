/// How far the delivery of an outbox has come. The worker does what `next` says, and tells how it went.
struct Delivery: Equatable {
  /// What to do next.
  enum Step: Equatable {
    /// Begin.
    case begin
    /// Produce the outbox's record at this place.
    case produce(Int)
    /// Wait for what was produced so far, if the log needs that; then produce the record at this place, or send the
    /// positions where there is none.
    case flush(Int)
    /// Send the positions.
    case sendOffsets
    /// Commit.
    case commit
    /// Give up what was begun; then the same delivery is begun again.
    case abort
  }

  private(set) var next = Step.begin

  /// Nothing of the outbox is in the log's hands.
  var isIdle: Bool { next == .begin }

  /// The step was done. True: that was the last one, and all is delivered.
  ///
  /// - Parameters:
  ///   - count: how many records stand in the outbox.
  ///   - endsStage: whether the record at a place is the last of its stage: what follows must come after it.
  mutating func succeeded(of count: Int, endsStage: (Int) -> Bool) -> Bool {
    switch next {
    case .begin: next = count > 0 ? .produce(0) : .sendOffsets
    case .produce(let index): next = endsStage(index) ? .flush(index + 1) : .produce(index + 1)
    case .flush(let index): next = index < count ? .produce(index) : .sendOffsets
    case .sendOffsets: next = .commit
    case .commit:
      next = .begin
      return true
    case .abort: next = .begin
    }
    return false
  }

  /// The step failed, or the outbox changed. With `deliverAgain` everything of it is sent once more, after what was begun
  /// is given up; with `restore` nothing is left to be given up.
  mutating func failed(_ remedy: LogFailure.Remedy) {
    switch remedy {
    case .retry: break
    case .deliverAgain: next = next == .begin ? .begin : .abort
    case .restore, .leave, .stop: next = .begin
    }
  }
}
