/// What must stand in the changelog in the same delivery as the next position, because no replay of records would bring
/// it back: subjects from which a change of rules took something away, and those that are gone.
///
/// Bounded by what one batch of records or one change of rules can do: every delivery empties it.
struct Urgent: ~Copyable {
  /// Blocks of subjects.
  var numbers: [UInt32] = []
  /// Everything unwritten goes along: a replay knows the rules at the position only.
  var everything = false
  /// The names of those that are gone, one behind the other.
  private var names: [UInt8] = []
  private var ends: [Int] = []

  var isEmpty: Bool { numbers.isEmpty && ends.isEmpty && !everything }

  /// A subject whose checkpoint must go.
  mutating func append(gone name: UnsafeRawBufferPointer) {
    names.append(contentsOf: name)
    ends.append(names.count)
  }

  /// Calls `body` with each of these names, and forgets them.
  mutating func takeGone(_ body: (UnsafeRawBufferPointer) -> Void) {
    var start = 0
    names.withUnsafeBytes { names in
      for end in ends {
        body(UnsafeRawBufferPointer(rebasing: names[start..<end]))
        start = end
      }
    }
    names = []
    ends = []
  }
}
