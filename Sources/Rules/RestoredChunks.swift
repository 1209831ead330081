import Records

/// Chunks of samples that were read from the changelog, until the checkpoint of their subject needs them.
struct RestoredChunks {
  /// The subject and track of chunks.
  struct Owner: Hashable {
    var subject: [UInt8]
    /// The track's number in the changelog.
    var track: UInt32
  }

  /// The places of the chunks in the pool, by their numbers in the track.
  private var chunks: [Owner: [UInt32: UInt32]] = [:]

  /// A chunk by its number in the pool; nil if it is missing.
  func find(_ number: UInt32, of owner: Owner) -> UInt32? { chunks[owner]?[number] }

  mutating func append(_ number: UInt32, of owner: Owner, at place: UInt32) {
    chunks[owner, default: [:]][number] = place
  }

  mutating func remove(_ number: UInt32, of owner: Owner) { chunks[owner]?[number] = nil }

  /// Takes out all chunks that no checkpoint needed.
  mutating func takeAll() -> [(owner: Owner, number: UInt32, place: UInt32)] {
    defer { chunks = [:] }
    return chunks.flatMap { owner, chunks in chunks.map { (owner, $0.key, $0.value) } }
  }
}

/// The records that restored subjects already contain, by the number of the subject's block.
struct Coverage {
  /// The offset before which a subject contains records.
  private var ends: [Int64] = []
  /// The greatest of these offsets.
  private(set) var highest: Int64 = 0

  /// Called when the subject in this block already contains the records before `offset`.
  mutating func set(_ number: Int, before offset: Int64) {
    if offset == 0, number >= ends.count { return }
    while ends.count <= number { ends.append(0) }
    ends[number] = offset
    highest = max(highest, offset)
  }

  /// Whether the subject in this block already contains the record at `offset`.
  func contains(_ offset: Int64, of number: Int) -> Bool { number < ends.count && offset < ends[number] }
}
