/// "Did you mean": which of `known` is closest to `word`, a mistyped name; nil where none is close.
///
/// Close is up to a third of the word's letters, one at least, inserted, left out, changed or swapped with their
/// neighbour (optimal string alignment); upper and lower case count as the same. Of several the first is taken.
public func suggestion(for word: String, among known: some Sequence<String>) -> String? {
  let letters = Array(word.lowercased().unicodeScalars)
  // Longer than any name of ours: not a slip of the finger, and not worth the square of its length.
  guard !letters.isEmpty, letters.count <= 64 else { return nil }
  var best: (name: String, distance: Int)?
  for name in known {
    let distance = alignmentDistance(letters, Array(name.lowercased().unicodeScalars))
    if distance <= max(1, letters.count / 3), distance < best?.distance ?? .max { best = (name, distance) }
  }
  return best?.name
}

private func alignmentDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
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
