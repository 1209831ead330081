import Testing

@testable import JSON

/// The kinds of texts that JSONTestSuite (Seriot, "Parsing JSON is a minefield") collects.
@Suite("Grammar")
struct GrammarTests {
  /// Whether the scanner accepts the text; the token reader must agree.
  private func isJSON(_ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) -> Bool {
    let scanned = isScanned(bytes)
    #expect(scanned == isRead(bytes), sourceLocation: sourceLocation)
    return scanned
  }

  private func isRead(_ bytes: [UInt8]) -> Bool {
    var reader = Reader(bytes)
    while true {
      switch reader.next() {
      case .end: return true
      case .invalid: return false
      default: break
      }
    }
  }

  private func isScanned(_ bytes: [UInt8]) -> Bool {
    let text = Padded(bytes)
    var nesting = Nesting()
    guard let end = Scan.value(Scan.blanks(Scan.byteOrderMark(text.start)), &nesting) else { return false }
    return Scan.blanks(end) == text.start + text.count
  }

  @Test(
    "must be accepted",
    arguments: [
      "[[]   ]", "[\"\"]", "[]", "[\"a\"]", "[false]", "[null, 1, \"1\", {}]", "[null]", "[1\n]", " [1]",
      "[1,null,null,2]",
      "[2] ", "[123e65]", "[0e+1]", "[0e1]", "[ 4]", "[-0.000000000000000000000000000000000000001]", "[20e1]", "[-0]",
      "[-123]", "[-1]", "[1E22]", "[1E-2]", "[1E+2]", "[123e45]", "[123.456e78]", "[1e-2]", "[1e+2]", "[123.456789]",
      "{\"asd\":\"sdf\", \"dfg\":\"fgh\"}", "{\"asd\":\"sdf\"}", "{\"a\":\"b\",\"a\":\"c\"}",
      "{\"a\":\"b\",\"a\":\"b\"}",
      "{}", "{\"\":0}", "{\"foo\\u0000bar\": 42}", "{ \"min\": -1.0e+28, \"max\": 1.0e+28 }", "{\"a\":[]}",
      "{\n\"a\": \"b\"\n}",
      "[\"\\u0060\\u012a\\u12AB\"]", "[\"\\uD801\\udc37\"]", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\\\\u0000\"]",
      "[\"\\\"\"]",
      "[\"a/*b*/c/*d//e\"]", "[\"\\\\a\"]", "[\"\\u0012\"]", "[\"\\uFFFF\"]", "[\"asd\"]", "\"\\u0000\"",
      "[\"\u{7f}\"]",
      "[\"\u{2028}\"]", "[\"€𝄞\"]", "\" \"", "[\"new\\u000Aline\"]", "false", "42", "-0.1", "null", "\"asd\"", "true",
      "\"\"",
      "[\"a\"]\n", "[true]", " [] ", "[0.4e00669999999999999999999999999999]", "[-1e+9999]", "[1.5e+9999]",
      "[123123e100000]",
      "[100000000000000000000]", "[-237462374673276894279832749832423479823246327846]", "{\"\\uDFAA\":0}",
      "[\"\\uD888\\u1234\"]",
      "[\"\\ud800abc\"]", "[\"\\uDd1e\\uD834\"]", "[1.23456789012345678901234567890e-5]", "[0.1234567890123456]",
      "[1234567890123456.5]",
    ])
  func accepted(_ text: String) {
    #expect(isJSON(Array(text.utf8)))
  }

  @Test(
    "must be refused",
    arguments: [
      "[1 true]", "[\"\": 1]", "[\"\"],", "[,1]", "[1,,2]", "[\"x\",,]", "[\"x\"]]", "[\"\",]", "[\"x\"", "[x",
      "[3[4]]", "[1:2]",
      "[,", "[-]", "[   , \"\"]", "[\"a\",\n4\n,1,", "[1,]", "[1,,]", "[*]", "[\"\"", "[1,", "[1,\n1\n,1", "[{}",
      "[fals]", "[nul]",
      "[tru]", "[++1234]", "[+1]", "[+Inf]", "[-01]", "[-1.0.]", "[-2.]", "[-NaN]", "[.-1]", "[.2e-3]", "[0.1.2]",
      "[0.3e+]",
      "[0.3e]", "[0.e1]", "[0E+]", "[0E]", "[0e+]", "[0e]", "[1.0e+]", "[1.0e-]", "[1.0e]", "[1 000.0]", "[1eE2]",
      "[2.e+3]",
      "[2.e-3]", "[2.e3]", "[9.e+]", "[Inf]", "[NaN]", "[\u{ff11}]", "[1+2]", "[0x1]", "[0x42]", "[Infinity]",
      "[0e+-1]",
      "[-123.123foo]", "[-Infinity]", "[-foo]", "[- 1]", "[-012]", "[-.123]", "[-1x]", "[1ea]", "[1.]", "[.123]",
      "[1.2a-3]",
      "[1.8011670033376514H-308]", "[012]", "[\"x\", truth]", "{[: \"x\"}", "{\"x\", null}", "{\"x\"::\"b\"}",
      "{\"a\":\"a\" 123}",
      "{key: 'value'}", "{\"a\" b}", "{:\"b\"}", "{\"a\" \"b\"}", "{\"a\":", "{\"a\"", "{1:1}", "{9999E9999:1}",
      "{null:null,null:null}",
      "{\"id\":0,,,,,}", "{'a':0}", "{\"id\":0,}", "{\"a\":\"b\"}/**/", "{\"a\":\"b\"}//", "{\"a\":\"b\",,\"c\":\"d\"}",
      "{a: \"b\"}",
      "{\"a\":\"a", "{ \"foo\" : \"bar\", \"a\" }", "{\"a\":\"b\"}#", " ", "", "[\"\\uD800\\\"]", "[\"\\uD800\\u\"]",
      "[\"\\uD800\\u1\"]",
      "[\"\\uD800\\u1x\"]", "[\u{e9}]", "[\"\\x00\"]", "[\"\\\\\\\"]", "[\"\\\t\"]", "[\"\\🌀\"]", "[\"\\\"]",
      "[\"\\u00A\"]", "[\"\\uqqqq\"]",
      "[\"\\a\"]", "[\\u0020\"asd\"]", "[\\n]", "\"", "['single quote']", "abc", "[\"\\", "[\"a\u{0}a\"]",
      "[\"new\nline\"]", "[\"\t\"]",
      "\"\\UA66D\"", "\"\"x", "<.>", "[<null>]", "[1]x", "1]", "{\"x\": true,", "[][]", "]", "\u{feff}", "[\u{c}]",
      "[True]",
      "[\"asd]", "aå", "[1,", "{\"\":", "{\"asd\":\"asd\"", "[\u{2060}]", "{}}", "{\"a\":/*comment*/\"b\"}", "123\u{0}",
      "[\"\u{1f}\"]",
      "[1234567890123456.]", "[1.23456789012345.]", "[01234567890123456]", "[1.234567890123456e]", "\u{feff}\u{feff}1",
    ])
  func refused(_ text: String) {
    #expect(!isJSON(Array(text.utf8)))
  }

  @Test("unused strings need not be UTF-8; outside strings every non-UTF-8 byte is refused")
  func encodings() {
    for bytes: [UInt8] in [
      [0xFF], [0xC0, 0xAF], [0xE6, 0x97, 0xA5, 0xD1], [0x81], [0xED, 0xA0, 0x80], [0xF4, 0xBF, 0xBF, 0xBF],
    ] {
      #expect(isJSON([0x5B, 0x22] + bytes + [0x22, 0x5D]))
      #expect(!isJSON([0x5B] + bytes + [0x5D]))
      #expect(!bytes.withUnsafeBytes { Text.isUTF8($0) })
    }
    // UTF-16 and UTF-32.
    #expect(!isJSON([0xFF, 0xFE, 0x5B, 0x00, 0x5D, 0x00]))
    #expect(!isJSON([0x00, 0x5B, 0x00, 0x5D]))
  }

  @Test("numbers become the nearest doubles, even at the limits of the range")
  func edges() {
    func double(_ text: String) -> Double {
      let padded = Padded(Array(text.utf8))
      return Number.double(padded.start)
    }
    #expect(double("-0").sign == .minus)
    #expect(double("0.1") == 0.1)
    #expect(double("1e23") == 1e23)
    #expect(double("9007199254740993") == 9_007_199_254_740_992)
    #expect(double("9007199254740992.99999999999999999999999") == 9_007_199_254_740_992)
    #expect(double("9007199254740993.00000000000000000000001") == 9_007_199_254_740_994)
    #expect(double("2.2250738585072011e-308").bitPattern == 0x000F_FFFF_FFFF_FFFF)
    #expect(double("4.9e-324") == .leastNonzeroMagnitude)
    #expect(double("2e-324") == 0)
    #expect(double("1.7976931348623157e308") == Double.greatestFiniteMagnitude)
    #expect(double("1.7976931348623159e308") == .infinity)
    #expect(double("-1e999999999999999999999") == -.infinity)
    #expect(double("0e999999999999999999999") == 0)
    #expect(double("1e-999999999999999999999") == 0)
    #expect(double("0." + String(repeating: "0", count: 5_000) + "1e5001") == 1)
    #expect(double("1" + String(repeating: "0", count: 5_000) + "e-5000") == 1)
    #expect(double(String(repeating: "9", count: 100_000)) == .infinity)
  }

  @Test("whole numbers are read from the smallest Int64 to the greatest")
  func wholeNumbers() {
    func whole(_ text: String) -> Int64? {
      let padded = Padded(Array(text.utf8))
      return Number.int64(padded.start)
    }
    #expect(whole("9223372036854775807") == .max)
    #expect(whole("-9223372036854775808") == .min)
    #expect(whole("9223372036854775808") == nil)
    #expect(whole("-9223372036854775809") == nil)
    #expect(whole("1.0") == nil)
    #expect(whole("1e2") == nil)
    #expect(whole("-0") == 0)
  }
}
