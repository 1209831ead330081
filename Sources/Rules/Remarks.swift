import Records

/// Events that people should read in the log, kept until the caller takes them, if there is room. Most are reported
/// once, so this also knows what was reported. Not part of the state: a new process reports them again.
struct Remarks: ~Copyable {
  /// The maximum number of waiting events.
  static let limit = 64
  /// The maximum number of subjects that wait for their second boot.
  private static let waitingLimit = 64

  private var waiting: [Happening] = []
  /// The number of events dropped because too many waited.
  private(set) var dropped = 0
  /// For each rule, the number of records without a finite number in its field.
  private(set) var badRecords: [Int]
  /// For each rule, whether its first bad record was reported.
  private var saidBad: [Bool]
  /// Subjects, by the number of their block, whose numbers began anew.
  private var fell = Set<Int>()
  /// Subjects with two producers.
  private var shared = Set<Int>()
  /// For such a subject, the boot that was seen last, until the other one comes.
  private var lastBoot: [Int: (boot: UInt64, id: String)] = [:]

  init(ruleCount: Int) {
    badRecords = Array(repeating: 0, count: ruleCount)
    saidBad = Array(repeating: false, count: ruleCount)
  }

  /// Keeps an event until the caller takes it.
  mutating func say(_ happening: Happening) {
    if waiting.count < Remarks.limit { waiting.append(happening) } else { dropped += 1 }
  }

  /// The events since the last call.
  mutating func take() -> [Happening] {
    if waiting.isEmpty { return [] }
    defer { waiting.removeAll(keepingCapacity: true) }
    return waiting
  }

  /// Counts a record without a finite number in a rule's field. Returns true for the rule's first one.
  mutating func countBad(rule: Int) -> Bool {
    badRecords[rule] += 1
    defer { saidBad[rule] = true }
    return !saidBad[rule]
  }

  /// Whether this is the first report that the numbers of the subject in this block began anew.
  mutating func isFirstFall(of number: Int) -> Bool { fell.insert(number).inserted }

  /// Called when the subject in this block is seen with another boot than before, and the two take turns. Returns the
  /// ids of both once, as soon as both were seen this way; else nil.
  mutating func takeTurn(_ number: Int, boot: UInt64, id: String) -> [String]? {
    if shared.contains(number) { return nil }
    guard let other = lastBoot[number], other.boot != boot else {
      // A dropped subject comes again with its next turn.
      if lastBoot.count >= Remarks.waitingLimit { lastBoot = [:] }
      lastBoot[number] = (boot, id)
      return nil
    }
    lastBoot[number] = nil
    shared.insert(number)
    return [other.id, id]
  }

  /// Called when the subject in this block is gone.
  mutating func remove(_ number: Int) {
    fell.remove(number)
    shared.remove(number)
    lastBoot[number] = nil
  }

  /// Changes the rules; `predecessors` has for each the old one that it goes on from.
  mutating func replaceRules(_ predecessors: [Int?]) {
    badRecords = predecessors.map { $0.map { badRecords[$0] } ?? 0 }
    saidBad = predecessors.map { $0.map { saidBad[$0] } ?? false }
  }
}
