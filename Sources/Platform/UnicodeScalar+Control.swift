extension Unicode.Scalar {
  /// Whether it is a control character: C0, DEL or C1.
  public var isControl: Bool { value < 0x20 || (0x7F..<0xA0).contains(value) }
}
