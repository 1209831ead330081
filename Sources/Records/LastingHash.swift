/// 64 bits of FNV-1a: the same in each process and version, because states, the owners of streams and the names of members
/// depend on it.
public func lastingHash(_ text: String) -> UInt64 {
  text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}
