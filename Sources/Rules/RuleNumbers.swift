/// By which numbers the changelog knows the rules of one partition.
///
/// A name isn't enough: a rule that was removed and added again, or that watches another metric now, begins anew, and
/// nothing that stands in an old checkpoint may wake up under it. So each *life* of a rule has a number: it keeps it as
/// long as lives go on under it, and one that begins anew gets a fresh one. Each track has a number for the same reason.
struct RuleNumbers: Equatable, Sendable {
  /// Grows by one with each change of the rules.
  var revision: UInt32
  /// For each rule, its life.
  var lives: [UInt32]
  /// For each rule, the track that it goes with.
  var tracks: [UInt32]
  /// The next number that nobody had.
  var next: UInt32

  /// No number is ever as high; so that counting on can't overflow.
  static let limit = UInt32.max / 2

  /// The first numbers of a rule set without a past, whose tracks are `groups` of rules.
  init(groups: [[Int]]) {
    revision = 1
    next = 1
    let count = groups.reduce(0) { $0 + $1.count }
    lives = []
    tracks = Array(repeating: 0, count: count)
    for _ in 0..<count { lives.append(RuleNumbers.take(&next)) }
    for group in groups {
      let number = RuleNumbers.take(&next)
      for rule in group { tracks[rule] = number }
    }
  }

  /// Numbers that were stored.
  init(revision: UInt32, lives: [UInt32], tracks: [UInt32], next: UInt32) {
    self.revision = revision
    self.lives = lives
    self.tracks = tracks
    self.next = next
  }

  /// The numbers after a change of the rules: `predecessors` says for each new rule which old one it goes on from,
  /// `groups` which new rules share a track. Where a track parts, the first part keeps its number.
  func next(predecessors: [Int?], groups: [[Int]]) -> RuleNumbers {
    var next = self.next
    let lives = predecessors.map { predecessor in predecessor.map { self.lives[$0] } ?? RuleNumbers.take(&next) }
    var tracks = Array(repeating: UInt32(0), count: predecessors.count)
    var kept = Set<UInt32>()
    for group in groups {
      let old = group.first.flatMap { predecessors[$0] }.map { self.tracks[$0] }
      let number: UInt32
      if let old, !kept.contains(old) { number = old } else { number = RuleNumbers.take(&next) }
      kept.insert(number)
      for rule in group { tracks[rule] = number }
    }
    return RuleNumbers(revision: min(revision + 1, RuleNumbers.limit), lives: lives, tracks: tracks, next: next)
  }

  /// The rules of each track, by their index, in the order of their first ones.
  var groups: [[Int]] { Layout.groups(by: tracks) }

  private static func take(_ next: inout UInt32) -> UInt32 {
    defer { next = min(next + 1, limit) }
    return next
  }
}
