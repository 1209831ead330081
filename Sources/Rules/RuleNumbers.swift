/// The numbers of one partition's rules in the changelog.
///
/// A name isn't enough: a rule that was removed and added again, or that now watches another metric, begins anew, and
/// must not take over state from an old checkpoint. So each *life* of a rule has a number. It keeps the number as long
/// as it goes on; a life that begins anew gets a new one. Each track has a number for the same reason.
struct RuleNumbers: Equatable, Sendable {
  /// Grows by one with each change of the rules.
  var revision: UInt32
  /// For each rule, the number of its life.
  var lives: [UInt32]
  /// For each rule, the number of its track.
  var tracks: [UInt32]
  /// The next unused number.
  var next: UInt32

  /// An upper bound of all numbers, so that counting can't overflow.
  static let limit = UInt32.max / 2

  /// The first numbers of a rule set without predecessor; `groups` are the rules of each track.
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

  /// The numbers after a change of the rules. `predecessors` has for each new rule the old one that it goes on from,
  /// `groups` the new rules of each track. If a track splits, the first part keeps its number.
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
