/// `window` and `aggregate`, prepared for the hot path.
struct WindowPlan: BitwiseCopyable {
  /// How the samples are aggregated.
  enum Kind: UInt8 { case none, average, least, greatest, sum, count, deviation, rate, delta, rank }

  /// `none`: each value stands for itself.
  let kind: Kind
  /// The number of a percentile.
  let percentile: Int
  /// The length, in milliseconds.
  let length: Int64

  init(_ rule: Rule) {
    var percentile = 0
    kind =
      switch rule.aggregate {
      case _ where rule.window == nil: .none
      case .last: .none
      case .avg: .average
      case .min: .least
      case .max: .greatest
      case .sum: .sum
      case .count: .count
      case .stddev: .deviation
      case .rate: .rate
      case .delta: .delta
      case .percentile: .rank
      }
    if case .percentile(let number) = rule.aggregate { percentile = number }
    self.percentile = percentile
    length = rule.window?.wholeMilliseconds ?? 0
  }

  /// Whether it needs sums.
  var needsSums: Bool {
    switch kind {
    case .average, .sum, .deviation, .rate: true
    case .none, .least, .greatest, .count, .delta, .rank: false
    }
  }

  /// The nearest rank of the percentile among `count` samples, from 1.
  func rank(among count: Int) -> Int { (percentile * count + 99) / 100 }
}
