import Settings

/// The notation of samples in a test file: words separated by blanks.
///
///     95        one sample of 95
///     95x10     ten samples of 95
///     10+5x4    four samples, each 5 more than the one before: 10 15 20 25
///     10-5x4    four samples, each 5 less
///     _         no sample; _x10: ten times none
enum SampleNotation {
  /// A word that isn't one of these, and what to write instead.
  struct Problem: Error, Equatable {
    var message: String
  }

  /// The samples of `text`, one for each step; nil for none.
  static func read(_ text: String, limit: Int) throws(Problem) -> [Double?] {
    var samples: [Double?] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      let (first, step, count) = try read(word: word)
      guard count <= limit - samples.count else {
        throw Problem(message: "it has more than \(limit) samples")
      }
      if let first, !(first + step * Double(count - 1)).isFinite {
        throw Problem(message: "\(DocumentReading.quoted(String(word), 20)) exceeds the range of numbers")
      }
      for index in 0..<count { samples.append(first.map { $0 + step * Double(index) }) }
    }
    if samples.isEmpty {
      throw Problem(message: "it has no sample: write numbers, such as \"20x3 95x10 _ 20\"")
    }
    return samples
  }

  private static func read(word: Substring) throws(Problem) -> (first: Double?, step: Double, count: Int) {
    var rest = word
    var count = 1
    if let times = word.lastIndex(of: "x") {
      guard let number = Int(word[word.index(after: times)...]), number >= 1,
        word[word.index(after: times)...].allSatisfy({ $0.isASCII && $0.isNumber })
      else { throw problem(word) }
      count = number
      rest = word[..<times]
    }
    if rest == "_" { return (nil, 0, count) }
    let sign = rest.indices.dropFirst().first { index in
      (rest[index] == "+" || rest[index] == "-") && !"eE".contains(rest[rest.index(before: index)])
    }
    let first = rest[..<(sign ?? rest.endIndex)]
    guard let value = number(first) else { throw problem(word) }
    guard let sign else { return (value, 0, count) }
    guard let step = number(rest[rest.index(after: sign)...]), word.contains("x") else { throw problem(word) }
    return (value, rest[sign] == "-" ? -step : step, count)
  }

  private static func number(_ text: Substring) -> Double? {
    let isDecimal = text.allSatisfy { $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }
    return isDecimal ? Double(text).flatMap { $0.isFinite ? $0 : nil } : nil
  }

  private static func problem(_ word: Substring) -> Problem {
    Problem(message: "\(DocumentReading.quoted(String(word), 20)) is no sample: write 95, 95x10, 10+5x4, _ or _x10")
  }
}
