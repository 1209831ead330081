import Records

/// Chunks of samples that were read from the changelog, until the checkpoint of their subject asks for them.
struct RestoredChunks {
  /// Whose chunks they are.
  struct Owner: Hashable {
    var subject: [UInt8]
    /// The track's number in the changelog.
    var track: UInt32
  }

  /// By their numbers in the track: where they are in the pool.
  private var chunks: [Owner: [UInt32: UInt32]] = [:]

  /// A chunk by its number in the pool; nil if it is missing.
  func find(_ number: UInt32, of owner: Owner) -> UInt32? { chunks[owner]?[number] }

  mutating func append(_ number: UInt32, of owner: Owner, at place: UInt32) {
    chunks[owner, default: [:]][number] = place
  }

  mutating func remove(_ number: UInt32, of owner: Owner) { chunks[owner]?[number] = nil }

  /// Takes out all that no checkpoint asked for.
  mutating func takeAll() -> [(owner: Owner, number: UInt32, place: UInt32)] {
    defer { chunks = [:] }
    return chunks.flatMap { owner, chunks in chunks.map { (owner, $0.key, $0.value) } }
  }
}

/// Which records are in the restored state of a subject already, by the number of its block.
struct Coverage {
  /// The offset before which records are in it.
  private var ends: [Int64] = []
  /// The greatest of these.
  private(set) var highest: Int64 = 0

  /// Records before `offset` are in the state of the subject in this block.
  mutating func set(_ number: Int, before offset: Int64) {
    if offset == 0, number >= ends.count { return }
    while ends.count <= number { ends.append(0) }
    ends[number] = offset
    highest = max(highest, offset)
  }

  /// Whether the record at `offset` is in the state of the subject in this block.
  func contains(_ offset: Int64, of number: Int) -> Bool { number < ends.count && offset < ends[number] }
}
