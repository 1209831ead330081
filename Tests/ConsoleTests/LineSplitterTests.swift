import Console
import TestSupport
import Testing

@Suite("LineSplitter")
struct LineSplitterTests {
  private func lines(
    _ text: String, limit: Int = 10, leavesOutNUL: Bool = false, chunk: Int
  ) -> (lines: [String], cut: Int) {
    var splitter = LineSplitter(limit: limit, leavesOutNUL: leavesOutNUL)
    var found: [String] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: chunk) {
      bytes[start..<min(bytes.count, start + chunk)].withUnsafeBytes {
        splitter.take($0) { found.append(String(decoding: $0, as: UTF8.self)) }
      }
    }
    splitter.end { found.append(String(decoding: $0, as: UTF8.self)) }
    return (found, splitter.cut)
  }

  @Test("lines are the same however the stream is cut into pieces", arguments: 1...12)
  func pieces(_ chunk: Int) {
    let (found, cut) = lines(
      "one\n\ntwo\r\n0123456789\n0123456789a\n\r\n0123456789abcdefghijklmnop\nlast", chunk: chunk)
    #expect(found == ["one", "", "two", "0123456789", "0123456789", "", "0123456789", "last"])
    #expect(cut == 2)
  }

  @Test(
    "NUL bytes are left out where they are to be, however long the hole and however it is cut",
    arguments: [1, 3, 7, 1000])
  func holes(_ chunk: Int) {
    let hole = String(repeating: "\0", count: 50)
    let text = "\(hole)real\n\(hole)\na\0b\r\0\nlast\(hole)"
    let (found, cut) = lines(text, leavesOutNUL: true, chunk: chunk)
    #expect(found == ["real", "", "ab", "last"])
    #expect(cut == 0)
    #expect(lines("a\0b\n", chunk: chunk).lines == ["a\0b"])
  }

  @Test("nothing, and a last line with an end, make no line more")
  func ends() {
    #expect(lines("", chunk: 1).lines == [])
    #expect(lines("a\n", chunk: 1).lines == ["a"])
    #expect(lines("\n", chunk: 1).lines == [""])
    #expect(lines("01234567890123", chunk: 3).lines == ["0123456789"])
  }
}
