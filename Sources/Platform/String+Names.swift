extension String {
  /// Whether it consists of ASCII letters, digits, `.`, `_` and `-`, as the names of topics and of what the
  /// configuration defines.
  public var hasOnlyNameBytes: Bool {
    utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }
}
