import JSON
import Testing

@Suite("Writer")
struct WriterTests {
  private func text(_ body: (inout Writer) -> Void) -> String {
    var writer = Writer(capacity: 1)
    body(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test("commas are added automatically, at every depth")
  func commas() {
    let written = text {
      $0.beginObject()
      $0.key("a")
      $0.beginArray()
      $0.int(1)
      $0.beginObject()
      $0.endObject()
      $0.null()
      $0.endArray()
      $0.key("b\"" as String)
      $0.bool(true)
      $0.key("c")
      $0.plainString { $0 += Array("x".utf8) }
      $0.endObject()
    }
    #expect(written == #"{"a":[1,{},null],"b\"":true,"c":"x"}"#)
  }

  @Test("only characters that must be escaped are escaped")
  func escapes() {
    #expect(
      text { $0.string("a\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}é😀") }
        == "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u{7f}é😀\"")
  }

  @Test("each byte that isn't UTF-8 becomes a replacement character")
  func repaired() {
    let bytes: [UInt8] = [0x61, 0xFF, 0xC3, 0xA9, 0xE2, 0x82, 0x22]
    #expect(text { writer in bytes.withUnsafeBytes { writer.string($0) } } == "\"a\u{FFFD}é\u{FFFD}\u{FFFD}\\\"\"")
  }

  @Test("fixed decimals are rounded to the nearest, and are never minus zero")
  func fixed() {
    func fixed(_ value: Double, _ decimals: Int) -> String { text { $0.fixed(value, decimals: decimals) } }
    #expect(fixed(37.254, 2) == "37.25")
    #expect(fixed(37.256, 2) == "37.26")
    #expect(fixed(0.125, 2) == "0.12")
    #expect(fixed(0.375, 2) == "0.38")
    #expect(fixed(99.999, 2) == "100.00")
    #expect(fixed(0, 2) == "0.00")
    #expect(fixed(-0.001, 2) == "0.00")
    #expect(fixed(-1.5, 1) == "-1.5")
    #expect(fixed(5, 0) == "5")
    #expect(fixed(1e300, 2) == "1e+300")
    #expect(fixed(.nan, 2) == "null")
  }

  @Test("doubles read back as the same values")
  func doubles() {
    for value in [0.1, 97.1, 1e-300, -.leastNonzeroMagnitude, 1.7976931348623157e308, 1e22, 123_456_789.125, -0.0] {
      var reader = Reader(Array(text { $0.double(value) }.utf8))
      reader.next()
      same(reader.double?.bitPattern, value.bitPattern)
    }
    #expect(text { $0.double(.infinity) } == "null")
  }

  @Test("whole numbers are written up to both ends of their range")
  func wholeNumbers() {
    #expect(text { $0.int(.min) } == "-9223372036854775808")
    #expect(text { $0.uint(.max) } == "18446744073709551615")
    #expect(text { $0.int(0) } == "0")
  }

  @Test("a writer that is reset begins anew")
  func reset() {
    var writer = Writer()
    writer.int(1)
    writer.reset()
    writer.int(2)
    #expect(writer.bytes == Array("2".utf8))
  }
}
