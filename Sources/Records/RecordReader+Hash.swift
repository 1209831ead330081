extension RecordReader {
  /// The hash that a reader gives for a subject of these bytes, in this process.
  public static func hash(of subject: UnsafeRawBufferPointer) -> UInt64 { Hash.unpadded(subject, seed: Hash.seed) }
}
