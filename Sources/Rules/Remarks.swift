import Records

/// What people should read in the log: kept until somebody takes it, while there is room. Most of it is said once, and so
/// this also knows what was said. Not a part of the state: a new process says it once more.
struct Remarks: ~Copyable {
  /// How many wait at most.
  static let limit = 64
  /// How many subjects at most wait for their second boot.
  private static let waitingLimit = 64

  private var waiting: [Happening] = []
  /// How many were dropped because nobody took the others.
  private(set) var dropped = 0
  /// For each rule, records with something else than a finite number where it looks.
  private(set) var badRecords: [Int]
  /// For each rule, that the first of these was said.
  private var saidBad: [Bool]
  /// Subjects, by the number of their block, whose numbers began anew.
  private var fell = Set<Int>()
  /// Subjects whose name two producers have.
  private var shared = Set<Int>()
  /// Of such a subject, the boot that was seen last, until the other one speaks.
  private var lastBoot: [Int: (boot: UInt64, id: String)] = [:]

  init(ruleCount: Int) {
    badRecords = Array(repeating: 0, count: ruleCount)
    saidBad = Array(repeating: false, count: ruleCount)
  }

  /// Keeps a happening until somebody takes it.
  mutating func say(_ happening: Happening) {
    if waiting.count < Remarks.limit { waiting.append(happening) } else { dropped += 1 }
  }

  /// What was said since this was last called.
  mutating func take() -> [Happening] {
    if waiting.isEmpty { return [] }
    defer { waiting.removeAll(keepingCapacity: true) }
    return waiting
  }

  /// Counts a record that has no finite number where a rule looks. Returns true for the rule's first one.
  mutating func countBad(rule: Int) -> Bool {
    badRecords[rule] += 1
    defer { saidBad[rule] = true }
    return !saidBad[rule]
  }

  /// Whether it wasn't said yet that the numbers of the subject in this block began anew.
  mutating func isFirstFall(of number: Int) -> Bool { fell.insert(number).inserted }

  /// The subject in this block is seen with another boot than before, and the two take turns. Returns the ids of both
  /// once, as soon as both were seen so; else nil.
  mutating func takeTurn(_ number: Int, boot: UInt64, id: String) -> [String]? {
    if shared.contains(number) { return nil }
    guard let other = lastBoot[number], other.boot != boot else {
      // A subject that is thrown out here comes again with its next turn.
      if lastBoot.count >= Remarks.waitingLimit { lastBoot = [:] }
      lastBoot[number] = (boot, id)
      return nil
    }
    lastBoot[number] = nil
    shared.insert(number)
    return [other.id, id]
  }

  /// The subject in this block is gone.
  mutating func remove(_ number: Int) {
    fell.remove(number)
    shared.remove(number)
    lastBoot[number] = nil
  }

  /// Other rules hold; `predecessors` says for each which old one it goes on from.
  mutating func replaceRules(_ predecessors: [Int?]) {
    badRecords = predecessors.map { $0.map { badRecords[$0] } ?? 0 }
    saidBad = predecessors.map { $0.map { saidBad[$0] } ?? false }
  }
}
