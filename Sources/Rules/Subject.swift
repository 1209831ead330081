/// What stands first in a subject's block.
struct SubjectHeader: BitwiseCopyable {
  /// How long a name may be to stand in the header itself.
  static let inlineName = 32

  /// The hash of the name, as the reader gave it.
  var hash: UInt64
  /// The name, where it fits; else its address in the first word.
  var name: InlineArray<4, UInt64>
  /// Bytes of the name; 0: nobody lives in this block.
  var length: UInt16
  /// Bytes of the name without the `#PARTITION` that it may end in.
  var hostLength: UInt16
  /// All tracks that cover the subject are born, go with its timeline, and have no globs on other fields: a record
  /// with all their metrics needs no telling apart.
  var isPlain = false
  /// It changed since its last checkpoint: it stands in `PartitionState.unwritten`.
  var isUnwritten = false
  /// The changelog has a checkpoint of it, as far as is known.
  var hasCheckpoint = false
  /// It stands in `PartitionState.silences`.
  var isAwaited = false
}

/// What one metric (under one `match`) knows of one subject, but for its time.
struct TrackState: BitwiseCopyable {
  /// The last value that counted.
  var value: Double = 0
  /// Number of its own timeline; 0: it goes with the subject's.
  var ownTimeline: UInt32 = 0
  /// Something has counted.
  var isBorn = false
  /// A series of it isn't quiet.
  var isActive = false
  /// The rules' `match` on `host` covers the subject.
  var isCovered = false
}

/// A subject's state: a block of header, timeline, one `TrackState` for each track and when it was seen, which every
/// record touches, and
/// apart from it one `SeriesState` for each series, which few do. What lies beyond (a long name, pool numbers in timelines) is owned by the `PartitionState`.
struct Subject {
  static let timelineOffset = 48
  static let tracksOffset = 128

  let block: UnsafeMutableRawPointer

  /// The state of its series, in the layout's order.
  let series: UnsafeMutablePointer<SeriesState>

  /// Bytes of a block for so many tracks, whole cache lines; `watchesSilence`: with room for signs of life.
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

  /// The log's time at its last record, behind its so many tracks.
  @inline(__always)
  func seen(_ trackCount: Int) -> UnsafeMutablePointer<Int64> {
    UnsafeMutableRawPointer(tracks + trackCount).assumingMemoryBound(to: Int64.self)
  }

  /// For each track, when its last sign of life was read, on the clock of `PartitionState.now`; only where the rules
  /// watch silence.
  func signs(_ trackCount: Int) -> UnsafeMutablePointer<Int64> { seen(trackCount) + 1 }

  /// Whether somebody lives in the block.
  var isInhabited: Bool { header.pointee.length > 0 }

  /// The name's bytes; they stay where they are as long as the block does.
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

  /// Makes an empty block live under `name`.
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

  /// Gives back what the name took; nobody lives in the block any longer.
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
    // The last eight bytes may have been compared in part already.
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
