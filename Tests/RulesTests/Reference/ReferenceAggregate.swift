@testable import Rules

/// The value of one record that counted.
struct ReferenceSample {
  var time: Int64
  var value: Double
}

extension Rule.Aggregate {
  /// The aggregate, computed from all samples of a window; nil if they give no value.
  func value(of samples: [ReferenceSample]) -> Double? {
    let values = samples.map(\.value)
    guard let first = samples.first, let last = samples.last else { return nil }
    let x: Double
    switch self {
    case .last: x = last.value
    case .count: x = Double(values.count)
    case .min: x = values.min() ?? .nan
    case .max: x = values.max() ?? .nan
    case .sum: x = Self.sum(values)
    case .avg: x = Self.average(values)
    case .stddev: x = Self.variance(values).squareRoot()
    case .percentile(let rank): x = values.sorted()[(rank * values.count + 99) / 100 - 1]
    case .delta:
      if samples.count < 2 { return nil }
      x = last.value - first.value
    case .rate:
      if samples.count < 2 || last.time == first.time { return nil }
      let increases = zip(values, values.dropFirst()).map { $1 >= $0 ? $1 - $0 : $1 }
      if increases.contains(where: { !$0.isFinite }) { return nil }
      x = Self.sum(increases) / (Double(last.time - first.time) / 1000)
    }
    return x.isFinite ? x + 0 : nil
  }

  private static func sum(_ values: [Double]) -> Double {
    let units = values.map(BigInt.init(unitsOf:)).reduce(BigInt(0), +)
    return Fraction(numerator: units, denominator: 1, scale: 1074).rounded(guess: values.reduce(0, +))
  }

  private static func average(_ values: [Double]) -> Double {
    let units = values.map(BigInt.init(unitsOf:)).reduce(BigInt(0), +)
    return Fraction(numerator: units, denominator: values.count, scale: 1074)
      .rounded(guess: values.reduce(0, +) / Double(values.count))
  }

  private static func variance(_ values: [Double]) -> Double {
    let units = values.map(BigInt.init(unitsOf:))
    let sum = units.reduce(BigInt(0), +)
    let squares = units.map { $0 * $0 }.reduce(BigInt(0), +)
    let mean = average(values)
    let guess = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)
    return Fraction(
      numerator: BigInt(values.count) * squares - sum * sum, denominator: values.count * values.count, scale: 2148
    ).rounded(guess: guess)
  }
}
