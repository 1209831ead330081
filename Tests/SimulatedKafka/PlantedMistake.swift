import Records

/// What a log, or a worker whose calls pass through it, does wrong on purpose: a simulation that doesn't notice proves
/// nothing.
package enum PlantedMistake: String, CaseIterable {
  /// The group takes positions at once, whatever becomes of the transaction.
  case commitsOffsetsOutside = "offsets committed outside the transaction"
  /// Transactions carry no positions, so nobody checks the generation.
  case sendsNoOffsets = "a transaction without offsets"
  /// The group can't tell who sends positions.
  case sendsNoMember = "metadata without a member"
  /// A delivery that was aborted passes for one that was committed: what it held is dropped.
  case dropsAborted = "the outbox dropped after an abort"
  /// The low-water mark says that fewer records must be read again than must.
  case raisesLowWater = "a low-water mark too high"
  /// A checkpoint says that it covers one record more than it does.
  case stampsLate = "a checkpoint stamped a record late"
  /// The changelog is read only as far as its last stable offset when it is opened.
  case restoresToLastStable = "a restore that stops at the last stable offset"
  /// The changelog that is opened again is read from where its reader stopped.
  case resumesChangelog = "a changelog that goes on where it was left"
  /// A record that was refused for its size is sent again as it is.
  case forgetsRefusals = "a record that is too large sent again and again"
  /// A record that is too large is dropped, and nobody learns of it.
  case losesLarge = "a record that is too large dropped silently"
}

extension PlantedMistake {
  /// What stands in the changelog instead of `value`; nil: nothing else.
  func spoil(_ value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) -> [UInt8]? {
    switch (self, key.first) {
    case (.raisesLowWater, UInt8(ascii: "m")): raisedMarker(value, key)
    case (.stampsLate, UInt8(ascii: "c")): lateCheckpoint(value, key)
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

  private func lateCheckpoint(_ value: UnsafeRawBufferPointer, _ key: UnsafeRawBufferPointer) -> [UInt8]? {
    Self.checkpoint(value, key, movedBy: 1)
  }

  /// A checkpoint that says it covers so many records more. Version and flags, then the position, then what is told relative
  /// to it, then the seal.
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
