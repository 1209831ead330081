import TestRandom
import Testing

@testable import Streams

@Suite("Texts that came lately")
struct RecentTextsTests {
  private func note(_ text: String, of group: Int = 0, in end: Int64, _ texts: inout RecentTexts) -> Int? {
    Array(text.utf8).withUnsafeBytes { texts.note($0, of: group, in: end) }
  }

  @Test("they are those of a dictionary, whatever comes and is forgotten", arguments: 0..<10 as Range<UInt64>)
  func oracle(_ seed: UInt64) {
    struct Key: Hashable {
      var group: Int
      var text: String
    }
    var random = SeededRandom(seed: seed)
    var texts = RecentTexts(limit: 300)
    var expected: [Key: Int64] = [:]
    var numbers: [Key: Int] = [:]
    var end: Int64 = 0
    for _ in 0..<20_000 {
      if random.once(in: 200) {
        end += 1
        let oldest = end - Int64(random.below(6))
        texts.forget(upTo: oldest)
        expected = expected.filter { $0.value > oldest }
        numbers = numbers.filter { expected[$0.key] != nil }
      }
      let key = Key(group: random.below(3), text: random.once(in: 50) ? "" : "t\(random.below(200))")
      let time = end + Int64(random.below(3))
      let number = note(key.text, of: key.group, in: time, &texts)
      if expected[key] == nil, expected.count == 300 {
        #expect(number == nil)
        continue
      }
      #expect(numbers[key] == nil || numbers[key] == number)
      numbers[key] = number
      expected[key] = max(expected[key] ?? time, time)
    }
    #expect(texts.count == expected.count)
    #expect(Set(numbers.values).count == expected.count)
    for (key, time) in expected {
      let number = numbers[key] ?? -1
      #expect(texts.entries.indices.contains(number) && texts.entries[number].newest == time)
    }
  }

  @Test("a number is kept while an open interval has its text")
  func open() {
    var texts = RecentTexts(limit: 2)
    let number = note("a", in: 5000, &texts)
    texts.forget(upTo: 4000)
    #expect(note("a", in: 1000, &texts) == number)
    #expect(note("b", in: 1000, &texts) != number)
    #expect(note("c", in: 1000, &texts) == nil)
    texts.forget(upTo: 1000)
    #expect(note("c", in: 6000, &texts) != nil)
  }

  @Test("marks are a set of numbers")
  func marks() {
    var marks = Marks()
    for number in [500, 3, 64, 3, 63, 0] { marks.insert(number) }
    var all: [Int] = []
    marks.forEach { all.append($0) }
    #expect(all == [0, 3, 63, 64, 500])
  }
}
