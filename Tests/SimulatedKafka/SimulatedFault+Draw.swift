import TestRandom

extension SimulatedFault {
  /// What goes wrong with a call; nil if nothing does.
  package static func draw(for call: SimulatedCall, _ dice: inout SeededRandom) -> SimulatedFault? {
    let crash: SimulatedFault = dice.once(in: 2) ? .crashes : .crashesAfter
    switch call {
    case .fetch:
      return dice.once(in: 3) ? crash : nil
    case .partitionCount, .bounds, .askEnds, .firstRecord, .start, .committed, .openChangelog, .readChangelog, .begin,
      .flush:
      return dice.once(in: 3) ? crash : .fails(.retry)
    case .takeOver, .rejoin:
      return [.fails(.retry), .failsAfter(.retry), crash][dice.below(3)]
    case .produce:
      return [.fails(.retry), .fails(.deliverAgain), .fails(.restore), crash][dice.below(4)]
    case .sendOffsets:
      return [.fails(.retry), .failsAfter(.retry), .fails(.deliverAgain), .fails(.restore), crash][dice.below(5)]
    case .commit:
      return [
        .fails(.retry), .failsAfter(.retry), .fails(.deliverAgain), .fails(.restore), .failsAfter(.restore), crash,
      ][dice.below(6)]
    case .abort:
      return [.fails(.retry), .failsAfter(.retry), .fails(.restore), .failsAfter(.restore), crash][dice.below(5)]
    }
  }
}
