extension RecordReader {
  /// The hash of a subject with these bytes, as readers of this process compute it.
  public static func hash(of subject: UnsafeRawBufferPointer) -> UInt64 { Hash.unpadded(subject, seed: Hash.seed) }
}
