import Records
import TestRandom
import Testing

@testable import Forwarding

@Suite("A set of offsets")
struct OffsetSetTests {
  @Test("it has what was added, in the fewest ranges, and is read as it was written")
  func random() throws {
    var random = SeededRandom(seed: 7)
    for _ in 0..<300 {
      var set = OffsetSet(upTo: Int64(random.below(5)))
      var plain = Set(0..<set.floor)
      for _ in 0..<random.below(60) {
        let lower = Int64(random.below(80))
        let range = lower..<(lower + Int64(random.below(6)))
        set.insert(range)
        plain.formUnion(range)
      }
      for offset in Int64(0)..<100 { #expect(set.contains(offset) == plain.contains(offset)) }
      #expect(!plain.contains(set.floor))
      var last = set.floor
      for range in set.ranges {
        #expect(range.lowerBound > last)
        last = range.upperBound
      }
      var writer = BinaryWriter()
      set.write(to: &writer)
      let read = try writer.bytes.withUnsafeBytes { bytes throws in
        var reader = BinaryReader(bytes)
        let read = try OffsetSet(from: &reader)
        try reader.end()
        return read
      }
      #expect(read == set)
    }
  }

  @Test("the last offsets there are do no harm")
  func ends() {
    var set = OffsetSet(upTo: -5)
    set.insert(.max)
    set.insert((.max - 1)..<(.max))
    #expect(set.floor == 0)
    #expect(set.contains(.max - 1))
    #expect(!set.contains(.max))
  }
}
