import Records
import Streams

/// A bug that a log, or a worker whose calls pass through it, has on purpose. A simulation that doesn't detect it
/// proves nothing.
package enum PlantedMistake: String, CaseIterable {
  /// The group takes positions at once, even if the transaction is aborted.
  case commitsOffsetsOutside = "offsets committed outside the transaction"
  /// Transactions carry no positions, so nobody checks the generation.
  case sendsNoOffsets = "a transaction without offsets"
  /// The group can't tell which member sends positions.
  case sendsNoMember = "metadata without a member"
  /// An aborted delivery counts as committed: its records are dropped.
  case dropsAborted = "the outbox dropped after an abort"
  /// The low-water mark is too high, so that too few records are replayed.
  case raisesLowWater = "a low-water mark too high"
  /// A checkpoint claims to cover one record more than it does.
  case stampsLate = "a checkpoint stamped a record late"
  /// The changelog is read only up to the last stable offset that it has when it is opened.
  case restoresToLastStable = "a restore that stops at the last stable offset"
  /// Taking a name over fences nobody, and the group distinguishes its members by their names alone.
  case fencesNobody = "a name that fences nobody"
  /// A changelog that is opened again is read from where its reader stopped.
  case resumesChangelog = "a changelog that goes on where it was left"
  /// A record that was refused for its size is sent again as it is.
  case forgetsRefusals = "a record that is too large sent again and again"
  /// A record that is too large is dropped without an error.
  case losesLarge = "a record that is too large dropped silently"
  /// The state says that a stream is counted one record further than it is.
  case countsAhead = "a stream's position one too high"
  /// State is written whether its transaction commits or not.
  case writesStateOutside = "state outside the transaction"
  /// An end that is asked for is one too low, so that an interval is told too early.
  case understatesEnds = "an interval told too early"

  /// What evaluators must notice.
  package static let ofEvaluators: [PlantedMistake] = allCases.filter {
    ![.countsAhead, .writesStateOutside, .understatesEnds].contains($0)
  }

  /// What meters must notice.
  package static let ofMeters: [PlantedMistake] = [
    .sendsNoOffsets, .sendsNoMember, .dropsAborted, .restoresToLastStable, .fencesNobody, .resumesChangelog,
    .countsAhead,
    .writesStateOutside, .understatesEnds,
  ]
}

extension PlantedMistake {
  /// The bytes to write to the changelog instead of `value`; nil if it stays as it is.
  func spoil(_ value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) -> [UInt8]? {
    switch (self, key.first) {
    case (.raisesLowWater, UInt8(ascii: "m")): raisedMarker(value, key)
    case (.stampsLate, UInt8(ascii: "c")): lateCheckpoint(value, key)
    case (.countsAhead, UInt8(ascii: "c")): aheadState(value, key)
    default: nil
    }
  }

  private func raisedMarker(_ value: UnsafeRawBufferPointer, _ key: UnsafeRawBufferPointer) -> [UInt8]? {
    guard var marker = try? Marker(value, key: key) else { return nil }
    marker.lowWater = marker.position
    var writer = BinaryWriter()
    marker.write(to: &writer, key: key)
    return writer.bytes
  }

  private func aheadState(_ value: UnsafeRawBufferPointer, _ key: UnsafeRawBufferPointer) -> [UInt8]? {
    guard var state = try? StreamState(value, key: key) else { return nil }
    for index in state.lanes.indices where state.lanes[index].position > 0 { state.lanes[index].position += 1 }
    var writer = BinaryWriter()
    state.write(to: &writer, key: key)
    return writer.bytes
  }

  private func lateCheckpoint(_ value: UnsafeRawBufferPointer, _ key: UnsafeRawBufferPointer) -> [UInt8]? {
    Self.checkpoint(value, key, movedBy: 1)
  }

  /// A checkpoint that claims to cover `distance` more records. It consists of version and flags, the position, data
  /// relative to the position, and the seal.
  package static func checkpoint(
    _ value: UnsafeRawBufferPointer, _ key: UnsafeRawBufferPointer, movedBy distance: Int64
  ) -> [UInt8]? {
    guard value.count > 6 else { return nil }
    var reader = BinaryReader(UnsafeRawBufferPointer(rebasing: value[2..<(value.count - 4)]))
    guard let position = try? reader.signed() else { return nil }
    var writer = BinaryWriter()
    writer.raw(value[0..<2])
    writer.signed(position + distance)
    writer.raw(value[(value.count - 4 - reader.left)..<(value.count - 4)])
    writer.seal(for: key)
    return writer.bytes
  }
}
