/// The name in `known` that is closest to the mistyped `word`, for "did you mean"; nil if none is close.
///
/// Close means an edit distance (optimal string alignment: insert, delete, change, swap neighbours) of at most a third
/// of the longer name's length, between 1 and 3. Case, and the choice of `_`, `-` or `.`, don't count. Among equally
/// close names the first wins.
public func suggestion(for word: String, among known: some Sequence<String>) -> String? {
  let letters = folded(word)
  var best: (name: String, distance: Int)?
  for name in known {
    let nameLetters = folded(name)
    let allowed = max(1, min(3, max(letters.count, nameLetters.count) / 3))
    let distance = alignmentDistance(letters, nameLetters)
    if !letters.isEmpty, distance <= allowed, distance < best?.distance ?? .max { best = (name, distance) }
  }
  return best?.name
}

private func folded(_ word: String) -> [UInt8] {
  // A longer name is no typing mistake, and the cost of the comparison grows with the square of the length.
  word.utf8.prefix(64).map { byte in
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte + 32
    case UInt8(ascii: "-"), UInt8(ascii: "."): UInt8(ascii: "_")
    default: byte
    }
  }
}

private func alignmentDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    row.reserveCapacity(b.count + 1)
    for j in b.indices {
      var distance = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { distance = min(distance, beforeLast[j - 1] + 1) }
      row.append(distance)
    }
    beforeLast = last
    last = row
  }
  return last[b.count]
}
