/// Finds the word that somebody meant.
enum Suggestion {
  /// The candidate that `word` is closest to; nil where none is close. Capitals and the choice of `_`, `-` or `.` don't
  /// count.
  static func closest(to word: String, among candidates: [String]) -> String? {
    let plain = folded(word)
    let allowed = max(1, min(3, plain.count / 3))
    var best: (distance: Int, candidate: String)?
    for candidate in candidates {
      let distance = distance(plain, folded(candidate))
      if distance <= allowed, distance < best?.distance ?? .max { best = (distance, candidate) }
    }
    return best?.candidate
  }

  private static func folded(_ word: String) -> [UInt8] {
    // A key of this length is nobody's typing error, and the table below grows with its square.
    word.utf8.prefix(64).map { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte + 32
      case UInt8(ascii: "-"), UInt8(ascii: "."): UInt8(ascii: "_")
      default: byte
      }
    }
  }

  /// How many letters must be put in, left out, exchanged or swapped with their neighbour (optimal string alignment).
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast = [Int]()
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        row.append(cost)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
