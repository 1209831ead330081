import Records

/// Of which subjects, by the number of their block, the log was told that something is odd about their producers: each is
/// said once. Not a part of the state: a new process says it once more.
struct ToldOfNumbers {
  /// How many subjects at most wait for their second name.
  static let waitingLimit = 64

  /// Numbers of theirs began anew.
  var fell = Set<Int>()
  /// Two producers have their name.
  var shared = Set<Int>()
  /// The one of the two that was seen last, until the other one speaks.
  var waiting: [Int: (boot: UInt64, id: String)] = [:]

  /// The subject in this block is gone.
  mutating func remove(_ number: Int) {
    fell.remove(number)
    shared.remove(number)
    waiting[number] = nil
  }
}

extension PartitionState {
  /// The record in hand counts though its number isn't above the last one of its boot.
  @inline(never)
  mutating func noteNumbersFell<View: RecordView & ~Copyable>(
    from last: Int64, _ record: borrowing View, _ subject: Subject, _ offset: Int64
  ) {
    counters.numbersFell += 1
    guard let number = subjects.number(of: subject), told.fell.insert(number).inserted else { return }
    say(
      .numbersFell(subject: subject.text, boot: record.bootID, from: last, to: record.sequence, offset: offset))
  }

  /// The record in hand is of another boot than the one before it, and the two take turns.
  @inline(never)
  mutating func noteTurn<View: RecordView & ~Copyable>(_ record: borrowing View, _ subject: Subject, _ offset: Int64) {
    guard let number = subjects.number(of: subject), !told.shared.contains(number) else { return }
    guard let other = told.waiting[number], other.boot != record.bootHash else {
      // Whoever makes room comes again with the next turn.
      if told.waiting.count >= ToldOfNumbers.waitingLimit { told.waiting = [:] }
      told.waiting[number] = (record.bootHash, record.bootID)
      return
    }
    told.waiting[number] = nil
    told.shared.insert(number)
    counters.sharedNames += 1
    say(.sharedName(subject: subject.text, boots: [other.id, record.bootID], offset: offset))
  }
}
