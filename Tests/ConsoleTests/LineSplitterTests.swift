import Console
import Glibc
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
    "NUL bytes are left out if requested, however many they are and however the stream is cut",
    arguments: [1, 3, 7, 1000])
  func holes(_ chunk: Int) {
    let hole = String(repeating: "\0", count: 50)
    let text = "\(hole)real\n\(hole)\na\0b\r\0\nlast\(hole)"
    let (found, cut) = lines(text, leavesOutNUL: true, chunk: chunk)
    #expect(found == ["real", "", "ab", "last"])
    #expect(cut == 0)
    #expect(lines("a\0b\n", chunk: chunk).lines == ["a\0b"])
  }

  @Test("lines are found about as fast as bytes can be scanned")
  func speed() {
    var text = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 23)
    for end in stride(from: 99, to: text.count, by: 100) { text[end] = UInt8(ascii: "\n") }
    var splitter = LineSplitter(limit: 1000, leavesOutNUL: true)
    var (counted, found) = (0, 0)
    // CPU time of this thread: the machine may be busy.
    let (plain, split) = text.withUnsafeBytes { bytes in
      let plain = cpuTime {
        var rest = bytes
        while let base = rest.baseAddress, let end = memchr(base, Int32(UInt8(ascii: "\n")), rest.count) {
          counted += 1
          rest = UnsafeRawBufferPointer(rebasing: rest[(UnsafeRawPointer(end) - base + 1)...])
        }
      }
      return (plain, cpuTime { splitter.take(bytes) { _ in found += 1 } })
    }
    #expect(found == counted)
    #expect(split < plain * 30, "\(split) beside \(plain)")
  }

  private func cpuTime(_ body: () -> Void) -> Duration {
    func now() -> Duration {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
    let begin = now()
    body()
    return now() - begin
  }

  @Test("empty input and a final line end add no line")
  func ends() {
    #expect(lines("", chunk: 1).lines == [])
    #expect(lines("a\n", chunk: 1).lines == ["a"])
    #expect(lines("\n", chunk: 1).lines == [""])
    #expect(lines("01234567890123", chunk: 3).lines == ["0123456789"])
  }
}
