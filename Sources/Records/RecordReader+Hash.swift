import Cscan

extension RecordReader {
  /// The hash that a reader gives for a subject of these bytes, in this process.
  public static func hash(of subject: UnsafeRawBufferPointer) -> UInt64 {
    // What hashes in words reads behind the end.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: subject.count + Int(CSCAN_PADDING)) { padded in
      padded.initialize(repeating: 0)
      UnsafeMutableRawBufferPointer(padded).copyMemory(from: subject)
      return padded.baseAddress.map { Hash.bytes($0, subject.count, seed: Hash.seed) } ?? 0
    }
  }
}
