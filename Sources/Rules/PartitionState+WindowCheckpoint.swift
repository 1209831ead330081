import Records

// A window's samples stand in the changelog in two places. A closed chunk never changes, and is a record of its own,
// written once with the first checkpoint behind it, and taken away with the first one that no longer needs it. The open
// one is part of the checkpoint. What a window keeps beside its samples is worked out anew from them.

/// The samples of a windowed track as a checkpoint has them.
struct StoredSamples {
  /// The track's number, under which its chunks stand.
  var track: UInt32
  /// The number of the first chunk.
  var first: UInt32
  /// How many closed ones there are.
  var closed: UInt32
  /// The samples behind these.
  var open: [StoredSample]
}

/// One windowed series in a checkpoint.
struct StoredWindow {
  /// How many samples are in it: the last ones of the track.
  var count: UInt32
  /// The last value that it gave; NaN: none yet.
  var x: Double
  /// When that was.
  var xTime: Int64
}

extension PartitionState {
  /// The samples of a windowed track at a subject where it is born.
  mutating func samples(of track: Int, _ subject: Subject) -> UInt32 {
    windows.windows[window(of: subject.series[tracks[track].firstSeries])].pointee.samples
  }

  /// Writes where the samples of a track are, and those of them that stand in no chunk of their own.
  mutating func writeSamples(of track: Int, _ subject: Subject, _ time: Int64, _ writer: inout BinaryWriter) {
    let samples = windows.tracks[samples(of: track, subject)].pointee
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

  /// Writes what of a window doesn't follow from the samples.
  mutating func writeWindow(_ state: SeriesState, _ time: Int64, _ writer: inout BinaryWriter) {
    let window = windows.windows[window(of: state)].pointee
    writer.unsigned(UInt64(window.count))
    writer.optional(window.x.isNaN ? nil : window.x) { $0.double($1) }
    writer.optional(window.xTime == .min ? nil : window.xTime) { $0.signed(time &- $1) }
  }

  /// Writes the samples of a window one by one, for an image of the state.
  mutating func writeImage(of state: SeriesState, _ writer: inout BinaryWriter) {
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

  /// Gives the closed chunks of a subject that the changelog hasn't yet to `body`.
  mutating func eachUnwrittenChunk(
    of subject: Subject, _ body: (_ track: UInt32, _ chunk: UnsafeMutablePointer<SampleChunk>) -> Void
  ) {
    for track in 0..<trackCount where tracks[track].isWindowed && subject.tracks[track].isBorn {
      let samples = windows.tracks[samples(of: track, subject)].pointee
      let kept = windows.kept(samples)
      var number = samples.first
      while number != 0 {
        let chunk = windows.chunks[number]
        if chunk.pointee.number >= samples.writtenTo, chunk.pointee.number < kept.upperBound {
          body(layout.trackNumbers[track], chunk)
        }
        number = chunk.pointee.next
      }
    }
  }

  /// The chunks of a subject that its checkpoint needs stand in the changelog now; gives those that it needs no longer
  /// to `body`.
  mutating func noteChunksWritten(of subject: Subject, _ body: (_ track: UInt32, _ gone: Range<UInt32>) -> Void) {
    for track in 0..<trackCount where tracks[track].isWindowed && subject.tracks[track].isBorn {
      let samples = windows.tracks[samples(of: track, subject)]
      let kept = windows.kept(samples.pointee)
      let gone =
        samples.pointee
        .writtenFrom..<max(
          samples.pointee.writtenFrom, min(samples.pointee.writtenTo, kept.lowerBound))
      if !gone.isEmpty { body(layout.trackNumbers[track], gone) }
      (samples.pointee.writtenFrom, samples.pointee.writtenTo) = (kept.lowerBound, kept.upperBound)
    }
  }

  /// All chunks that the changelog has of a subject.
  mutating func eachWrittenChunk(of subject: Subject, _ body: (_ track: Int, _ chunks: Range<UInt32>) -> Void) {
    for track in 0..<trackCount where tracks[track].isWindowed && subject.tracks[track].isBorn {
      let written = windows.tracks[samples(of: track, subject)].pointee.written
      if !written.isEmpty { body(track, written) }
    }
  }

  /// The subject is gone, by the record at `offset`: so are its checkpoint and its chunks.
  mutating func noteForgotten(_ subject: Subject, offset: Int64) {
    if subject.header.pointee.hasCheckpoint { urgent.forgotten.append(subject.name) }
    var chunks: [(track: UInt32, numbers: Range<UInt32>)] = []
    let numbers = layout.trackNumbers
    eachWrittenChunk(of: subject) { chunks.append((numbers[$0], $1)) }
    for gone in chunks { urgent.forgotten.append(subject.name, track: gone.track, chunks: gone.numbers) }
    if urgent.forgottenSince == nil, !urgent.forgotten.isEmpty { urgent.forgottenSince = (offset, logTime) }
  }
}

extension WindowRoom {
  /// The numbers of the closed chunks that a track has.
  mutating func kept(_ samples: SampleTrack) -> Range<UInt32> {
    guard samples.first != 0 else { return samples.nextNumber..<samples.nextNumber }
    let last = chunks[samples.last].pointee
    let end = last.count == UInt32(SampleChunk.size) ? last.number + 1 : last.number
    return chunks[samples.first].pointee.number..<end
  }
}

extension SampleTrack {
  /// The numbers of its chunks that stand in the changelog.
  var written: Range<UInt32> { writtenFrom..<max(writtenFrom, writtenTo) }
}
