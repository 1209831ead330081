import Records

// The changelog has a window's samples in two places. A closed chunk never changes, and is a record of its own, written
// once with the first checkpoint after it, and deleted with the first that no longer needs it. The open chunk is part
// of the checkpoint. The window's other data is recomputed from the samples.

/// The samples of a windowed track in a checkpoint.
struct StoredSamples {
  /// The track's number, under which its chunks are stored.
  var track: UInt32
  /// The number of the first chunk.
  var first: UInt32
  /// The number of closed chunks.
  var closed: UInt32
  /// The samples after these.
  var open: [StoredSample]
}

/// One windowed series in a checkpoint.
struct StoredWindow {
  /// The number of its samples: the last ones of the track.
  var count: UInt32
  /// Its last value; NaN if there was none.
  var x: Double
  /// The time of that value.
  var xTime: Int64
}

extension SeriesStates {
  /// Writes the chunk numbers of a track, and the samples of its open chunk.
  func writeSamples(of track: Int, _ layout: Layout, _ subject: Subject, _ time: Int64, _ writer: inout BinaryWriter) {
    let samples = windows.tracks[samples(of: layout.tracks[track], subject)].pointee
    let kept = windows.kept(samples)
    writer.unsigned(UInt64(layout.trackNumbers[track]))
    writer.unsigned(UInt64(kept.lowerBound))
    writer.count(kept.count)
    guard samples.last != 0 else { return writer.count(0) }
    let last = windows.chunks[samples.last]
    let open = Int(last.pointee.count) == SampleChunk.size ? 0 : Int(last.pointee.count)
    writer.count(open)
    if open > 0 { writer.samples(of: last.pointee, open, base: time) }
  }

  /// Writes the state of a window that doesn't follow from the samples.
  func writeWindow(_ state: SeriesState, _ time: Int64, _ writer: inout BinaryWriter) {
    let window = windows.windows[window(of: state)].pointee
    writer.unsigned(UInt64(window.count))
    writer.optional(window.x.isNaN ? nil : window.x) { $0.double($1) }
    writer.optional(window.xTime == .min ? nil : window.xTime) { $0.signed(time &- $1) }
  }

  /// Writes the samples of a window one by one, for an image of the state.
  func writeImage(of state: SeriesState, _ writer: inout BinaryWriter) {
    let window = windows.windows[window(of: state)].pointee
    writer.unsigned(UInt64(window.count))
    writer.double(window.x)
    writer.signed(window.xTime)
    var walk = SampleWalk(window)
    for _ in 0..<window.count {
      let sample = walk.next(in: windows.chunks)
      writer.signed(sample.time)
      writer.double(sample.value)
    }
  }

  /// Gives the closed chunks of a subject that the changelog doesn't have yet to `body`.
  func eachUnwrittenChunk(
    of subject: Subject, _ layout: Layout, _ body: (_ track: UInt32, _ chunk: SampleChunk) -> Void
  ) {
    for track in 0..<layout.trackCount where layout.tracks[track].isWindowed && subject.tracks[track].isBorn {
      let samples = windows.tracks[samples(of: layout.tracks[track], subject)].pointee
      let kept = windows.kept(samples)
      var number = samples.first
      while number != 0 {
        let chunk = windows.chunks[number].pointee
        if chunk.number >= samples.writtenTo, chunk.number < kept.upperBound { body(layout.trackNumbers[track], chunk) }
        number = chunk.next
      }
    }
  }

  /// Called when the changelog has all chunks that a subject's checkpoint needs; gives those that it no longer needs to
  /// `body`.
  mutating func noteChunksWritten(
    of subject: Subject, _ layout: Layout, _ body: (_ track: UInt32, _ gone: Range<UInt32>) -> Void
  ) {
    for track in 0..<layout.trackCount where layout.tracks[track].isWindowed && subject.tracks[track].isBorn {
      let samples = windows.tracks[samples(of: layout.tracks[track], subject)]
      let kept = windows.kept(samples.pointee)
      let from = samples.pointee.writtenFrom
      let gone = from..<max(from, min(samples.pointee.writtenTo, kept.lowerBound))
      if !gone.isEmpty { body(layout.trackNumbers[track], gone) }
      (samples.pointee.writtenFrom, samples.pointee.writtenTo) = (kept.lowerBound, kept.upperBound)
    }
  }
}

extension WindowRoom {
  /// The numbers of a track's closed chunks.
  func kept(_ samples: SampleTrack) -> Range<UInt32> {
    guard samples.first != 0 else { return samples.nextNumber..<samples.nextNumber }
    let last = chunks[samples.last].pointee
    let end = last.count == UInt32(SampleChunk.size) ? last.number + 1 : last.number
    return chunks[samples.first].pointee.number..<end
  }
}

extension SampleTrack {
  /// The numbers of its chunks in the changelog.
  var written: Range<UInt32> { writtenFrom..<max(writtenFrom, writtenTo) }
}
