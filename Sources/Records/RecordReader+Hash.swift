extension RecordReader {
  /// The hash that a reader gives for a subject of these bytes.
  public static func hash(of subject: UnsafeRawBufferPointer) -> UInt64 {
    subject.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
