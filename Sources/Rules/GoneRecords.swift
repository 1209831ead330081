/// Records of the changelog to be deleted: checkpoints of subjects that are gone, chunks that are no longer needed.
struct GoneRecords: ~Copyable {
  private struct Entry {
    var nameEnd: Int
    /// The track of the chunks; 0 for the checkpoint.
    var track: UInt32
    var chunks: Range<UInt32>
  }

  /// The names, one after the other.
  private var names: [UInt8] = []
  private var entries: [Entry] = []
  /// The number of finished entries.
  private var done = 0

  var isEmpty: Bool { done == entries.count }

  /// Adds the checkpoint of a subject.
  mutating func append(_ name: UnsafeRawBufferPointer) { append(name, track: 0, chunks: 0..<0) }

  /// Adds chunks of a track of a subject.
  mutating func append(_ name: UnsafeRawBufferPointer, track: UInt32, chunks: Range<UInt32>) {
    names.append(contentsOf: name)
    entries.append(Entry(nameEnd: names.count, track: track, chunks: chunks))
  }

  /// Calls `body` with each, oldest first: about `limit` records, the others wait.
  mutating func take(limit: Int, _ body: (_ name: UnsafeRawBufferPointer, _ track: UInt32, _ number: UInt32) -> Void) {
    var given = 0
    names.withUnsafeBytes { names in
      while done < entries.count, given < limit {
        let entry = entries[done]
        let start = done == 0 ? 0 : entries[done - 1].nameEnd
        let name = UnsafeRawBufferPointer(rebasing: names[start..<entry.nameEnd])
        if entry.track == 0 {
          body(name, 0, 0)
          given += 1
        } else {
          for number in entry.chunks { body(name, entry.track, number) }
          given += entry.chunks.count
        }
        done += 1
      }
    }
    if isEmpty { (names, entries, done) = ([], [], 0) }
  }
}
