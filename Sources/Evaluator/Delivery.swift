/// The progress of an outbox's delivery. The worker does the step `next` and reports the result.
struct Delivery: Equatable {
  /// The next step.
  enum Step: Equatable {
    /// Begin.
    case begin
    /// Produce the outbox's record at this index.
    case produce(Int)
    /// Wait for acknowledgements if the log needs that; then produce the record at this index, or send the positions
    /// after the last one.
    case flush(Int)
    /// Send the positions.
    case sendOffsets
    /// Commit.
    case commit
    /// Abort; then the same delivery begins again.
    case abort
  }

  private(set) var next = Step.begin

  /// Whether no delivery is under way in the log.
  var isIdle: Bool { next == .begin }

  /// The step was done. Returns true if it was the last one: all is delivered.
  ///
  /// - Parameters:
  ///   - count: the number of records in the outbox.
  ///   - endsStage: whether the record at an index is the last of its stage: what follows must come after it.
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

  /// The step failed, or the outbox changed. With `deliverAgain` the delivery is aborted and begins again; with
  /// `restore` there is nothing to abort.
  mutating func failed(_ remedy: LogFailure.Remedy) {
    switch remedy {
    case .retry: break
    case .deliverAgain: next = next == .begin ? .begin : .abort
    case .restore, .leave, .stop: next = .begin
    }
  }
}
