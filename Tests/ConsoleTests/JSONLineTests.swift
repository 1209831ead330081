import Console
import Testing

@Suite("JSONLine")
struct JSONLineTests {
  private func line(_ value: [UInt8]?) -> String {
    var output: [UInt8] = []
    withRecord(value) { JSONLine.append($0.value, to: &output) }
    return String(decoding: output, as: UTF8.self)
  }

  private func line(_ value: String) -> String { line(Array(value.utf8)) }

  @Test("a record on one line stays as it is")
  func asItIs() {
    #expect(line(#"{ "a":1.50, "a":"\u0041","b":[ ]}"#) == "{ \"a\":1.50, \"a\":\"\\u0041\",\"b\":[ ]}\n")
    #expect(line("97") == "97\n")
  }

  @Test("a record of several lines becomes one")
  func severalLines() {
    #expect(line("{\r\n  \"a\": 1\n}\n") == "{    \"a\": 1 } \n")
  }

  @Test("a tombstone becomes null, and a value that isn't JSON becomes a string")
  func others() {
    #expect(line(nil) == "null\n")
    #expect(line("") == "\"\"\n")
    #expect(line("a\nb\"") == "\"a\\nb\\\"\"\n")
    #expect(line("{\"a\":NaN}") == "\"{\\\"a\\\":NaN}\"\n")
  }

  @Test("control characters are escaped, and bytes that aren't UTF-8 are replaced")
  func safe() {
    #expect(line("{\"a\":\"\u{9B}31m\u{7F}é\"}") == "{\"a\":\"\\u009b31m\\u007fé\"}\n")
    #expect(line("\u{9B}\u{1B}") == "\"\\u009b\\u001b\"\n")
    #expect(line([0x22, 0xFF, 0x22]) == "\"\u{FFFD}\"\n")
    #expect(line([0xEF, 0xBB, 0xBF, 0x31]) == "1\n")
  }
}
