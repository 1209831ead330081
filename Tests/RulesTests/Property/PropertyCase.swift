import Testing

@testable import Rules

/// Rules and steps, drawn from a seed, for which a property must hold.
protocol PropertyCase: CustomStringConvertible {
  associatedtype Step
  var rules: [Rule] { get set }
  var steps: [Step] { get set }

  init(seed: UInt64)

  /// The violation of the property; nil if it holds.
  func difference() -> String?
}

extension PropertyCase {
  /// The smallest case found that still shows a difference.
  func shrunk() -> Self {
    var best = self
    var size = max(1, best.steps.count / 2)
    while size > 0 {
      var start = 0
      var cut = false
      while start < best.steps.count {
        var smaller = best
        smaller.steps.removeSubrange(start..<min(start + size, smaller.steps.count))
        if smaller.difference() != nil {
          best = smaller
          cut = true
        } else {
          start += size
        }
      }
      if !cut { size /= 2 }
    }
    for index in best.rules.indices.reversed() where best.rules.count > 1 {
      var smaller = best
      smaller.rules.remove(at: index)
      if smaller.difference() != nil { best = smaller }
    }
    return best
  }

  /// Tries one of the twenty parts of 6,000 cases, and records the first difference, made as small as possible.
  /// `STATUSD_SEED` and `STATUSD_CASES` select others.
  static func search(part: Int, sourceLocation: SourceLocation = #_sourceLocation) {
    let cases = (Environment.int("STATUSD_CASES") ?? 6000) / 20
    for number in 0..<cases {
      let seed = UInt64(Environment.int("STATUSD_SEED") ?? 1) &* 1_000_003 &+ UInt64(part * cases + number)
      let random = Self(seed: seed)
      guard random.difference() != nil else { continue }
      let small = random.shrunk()
      Issue.record("seed \(seed):\n\(small)\n\(small.difference() ?? "")", sourceLocation: sourceLocation)
      return
    }
  }
}
