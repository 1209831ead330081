/// The header of a subject's block.
struct SubjectHeader: BitwiseCopyable {
  /// The maximum length of a name inside the header.
  static let inlineName = 32

  /// The hash of the name, from the reader.
  var hash: UInt64
  /// The name if it fits; else its address, in the first word.
  var name: InlineArray<4, UInt64>
  /// The length of the name in bytes; 0 if the block is free.
  var length: UInt16
  /// The length of the name in bytes, without the `#PARTITION` at its end.
  var hostLength: UInt16
  /// Whether all tracks that cover the subject have values, share its timeline, and have no globs on other fields, so
  /// that a record with all their metrics needs no distinctions.
  var isPlain = false
  /// Whether it changed since its last checkpoint, so that it is in `PartitionState.unwritten`.
  var isUnwritten = false
  /// Whether the changelog has a checkpoint of it, as far as is known.
  var hasCheckpoint = false
  /// Whether it is in `PartitionState.silences`.
  var isAwaited = false
}

/// The state of one metric (under one `match`) of one subject, without its timeline.
struct TrackState: BitwiseCopyable {
  /// The last value that counted.
  var value: Double = 0
  /// The number of its own timeline; 0 if it shares the subject's.
  var ownTimeline: UInt32 = 0
  /// Whether a value has counted.
  var isBorn = false
  /// Whether one of its series isn't quiet.
  var isActive = false
  /// Whether the rules' `match` on `host` covers the subject.
  var isCovered = false
}

/// A subject's state: a block of header, timeline, one `TrackState` for each track and the time when it was seen, which
/// every record touches; and apart from it one `SeriesState` for each series, which few records touch. The
/// `PartitionState` owns everything else (a long name, pool elements of timelines).
struct Subject {
  static let timelineOffset = 48
  static let tracksOffset = 128

  let block: UnsafeMutableRawPointer

  /// The state of its series, in the layout's order.
  let series: UnsafeMutablePointer<SeriesState>

  /// The size of a block with this many tracks, in bytes, as whole cache lines; with room for signs of life if
  /// `watchesSilence`.
  static func blockSize(tracks: Int, watchesSilence: Bool) -> Int {
    let words = watchesSilence ? 1 + tracks : 1
    return (tracksOffset + tracks * MemoryLayout<TrackState>.stride + words * 8 + 63) & ~63
  }

  @inline(__always)
  var header: UnsafeMutablePointer<SubjectHeader> { block.assumingMemoryBound(to: SubjectHeader.self) }

  @inline(__always)
  var timeline: UnsafeMutablePointer<Timeline> {
    (block + Subject.timelineOffset).assumingMemoryBound(to: Timeline.self)
  }

  @inline(__always)
  var tracks: UnsafeMutablePointer<TrackState> {
    (block + Subject.tracksOffset).assumingMemoryBound(to: TrackState.self)
  }

  /// The log's time at its last record, after this many tracks.
  @inline(__always)
  func seen(_ trackCount: Int) -> UnsafeMutablePointer<Int64> {
    UnsafeMutableRawPointer(tracks + trackCount).assumingMemoryBound(to: Int64.self)
  }

  /// For each track, when its last sign of life was read, on the clock of `PartitionState.now`; only if a rule uses
  /// `no_data`.
  func signs(_ trackCount: Int) -> UnsafeMutablePointer<Int64> { seen(trackCount) + 1 }

  /// Whether the block has a subject.
  var isInhabited: Bool { header.pointee.length > 0 }

  /// The name's bytes; they don't move while the block exists.
  var name: UnsafeRawBufferPointer {
    let length = Int(header.pointee.length)
    if length <= SubjectHeader.inlineName {
      return UnsafeRawBufferPointer(start: block + 8, count: length)
    }
    return UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(header.pointee.name[0])), count: length)
  }

  /// The name without the `#PARTITION` that the engine added.
  var host: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: name[..<Int(header.pointee.hostLength)]) }

  /// The name as text.
  var text: String { String(decoding: name, as: UTF8.self) }

  /// Gives an empty block to the subject `name`.
  func settle(_ name: UnsafeRawBufferPointer, hostLength: Int, hash: UInt64, blockSize: Int) {
    block.initializeMemory(as: UInt8.self, repeating: 0, count: blockSize)
    header.initialize(
      to: SubjectHeader(
        hash: hash, name: InlineArray(repeating: 0), length: UInt16(name.count), hostLength: UInt16(hostLength)))
    if name.count <= SubjectHeader.inlineName {
      UnsafeMutableRawBufferPointer(start: block + 8, count: name.count).copyMemory(from: name)
    } else {
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: name.count, alignment: 1)
      copy.copyMemory(from: name)
      header.pointee.name[0] = UInt64(UInt(bitPattern: copy.baseAddress))
    }
    timeline.initialize(to: Timeline())
  }

  /// Frees the name's memory, and the block.
  func vacate() {
    if Int(header.pointee.length) > SubjectHeader.inlineName { name.deallocate() }
    header.pointee.length = 0
  }

  /// Whether `other` is the subject's name.
  @inline(__always)
  func isNamed(_ other: UnsafeRawBufferPointer) -> Bool {
    let name = name
    let count = name.count
    guard other.count == count, let a = name.baseAddress, let b = other.baseAddress else { return false }
    if count < 8 {
      for i in 0..<count where a.load(fromByteOffset: i, as: UInt8.self) != b.load(fromByteOffset: i, as: UInt8.self) {
        return false
      }
      return true
    }
    // These eight bytes may overlap with bytes that were compared already.
    var i = 0
    while i < count {
      let at = min(i, count - 8)
      if a.loadUnaligned(fromByteOffset: at, as: UInt64.self) != b.loadUnaligned(fromByteOffset: at, as: UInt64.self) {
        return false
      }
      i += 8
    }
    return true
  }
}
