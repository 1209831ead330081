import TestSupport
import Testing

/// The validator of TestSupport: what it let pass, nobody else would find.
@Suite("The tests' own JSON Schema")
struct JSONSchemaTests {
  private func isMet(_ schema: String, by value: String) throws -> Bool {
    try JSONSchema(parsing: schema).problems(of: value).isEmpty
  }

  @Test(
    "a keyword is met by right values and not by wrong ones; one for another type is met",
    arguments: [
      (#"{"type":"integer"}"#, ["1", "1.0", "1e3", "-0"], ["1.5", "true", "\"1\"", "null"]),
      (#"{"type":"number"}"#, ["1", "-1.5e-3"], ["false", "\"1\"", "[1]"]),
      (#"{"type":"string"}"#, ["\"\""], ["1", "null", "{}"]),
      (#"{"type":"object"}"#, ["{}"], ["[]", "\"{}\""]),
      (#"{"type":"array"}"#, ["[]"], ["{}"]),
      (#"{"type":"boolean"}"#, ["true", "false"], ["0", "1"]),
      (#"{"type":"null"}"#, ["null"], ["0", "false"]),
      (#"{"minimum":0}"#, ["0", "0.1", "\"-1\""], ["-1", "-0.1"]),
      (#"{"maximum":100}"#, ["100", "-5"], ["100.01", "1e3"]),
      (#"{"minLength":1}"#, ["\"a\"", "0"], ["\"\""]),
      (#"{"maxLength":2}"#, ["\"ab\"", "\"\u{1F600}\u{1F600}\""], ["\"abc\""]),
      (#"{"pattern":"^[a-z]+$"}"#, ["\"ab\"", "7"], ["\"aB\"", "\"\"", "\"ab\\n\"", "\"1a\""]),
      (#"{"pattern":"b"}"#, ["\"abc\""], ["\"ac\""]),
      (#"{"enum":["a",1,null]}"#, ["\"a\"", "1", "1.0", "null"], ["\"b\"", "true", "0"]),
      (#"{"const":"self"}"#, ["\"self\""], ["\"Self\"", "null"]),
      (#"{"required":["a"]}"#, ["{\"a\":null}", "[]"], ["{}", "{\"b\":1}"]),
      (#"{"properties":{"a":{"type":"string"}}}"#, ["{}", "{\"a\":\"\",\"b\":1}", "7"], ["{\"a\":1}"]),
      (#"{"properties":{"a":true},"additionalProperties":false}"#, ["{}", "{\"a\":1}"], ["{\"b\":1}"]),
      (#"{"additionalProperties":{"type":"number"}}"#, ["{\"b\":1}"], ["{\"b\":\"1\"}", "{\"a\":1,\"b\":null}"]),
      (#"{"anyOf":[{"minimum":5},{"maximum":1}]}"#, ["5", "1"], ["3"]),
      (#"{"oneOf":[{"minimum":1},{"maximum":5}]}"#, ["6", "0"], ["3"]),
      (##"{"$ref":"#/$defs/a","$defs":{"a":{"type":"number"}}}"##, ["1"], ["\"1\""]),
    ] as [(String, [String], [String])])
  func keywords(_ schema: String, _ right: [String], _ wrong: [String]) throws {
    for value in right { #expect(try isMet(schema, by: value), "\(value)") }
    for value in wrong { #expect(try !isMet(schema, by: value), "\(value)") }
  }

  @Test("date-time is a time of RFC 3339 that exists")
  func dateTime() throws {
    let schema = #"{"format":"date-time"}"#
    for time in [
      "2026-11-20T12:00:00.000Z", "2024-02-29t23:59:59z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999+23:59",
    ] {
      #expect(try isMet(schema, by: "\"\(time)\""), "\(time)")
    }
    for time in [
      "", "2022-01-01 00:00:00", "2022-01-01T00:00:00", "2023-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
      "2026-00-10T00:00:00Z", "2026-04-31T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T12:60:00Z",
      "2026-11-20T12:00:61Z", "2026-11-20T12:00:00.Z", "2026-11-20T12:00:00+0100", "2026-11-20T12:00:00+24:00",
      "2026-11-20T12:00:00Z\\n", "x2026-11-20T12:00:00Z",
    ] {
      #expect(try !isMet(schema, by: "\"\(time)\""), "\(time)")
    }
    #expect(try isMet(schema, by: "7"))
  }

  @Test(
    "a schema with a keyword that nobody checks, or with one that makes no sense, can't be used",
    arguments: [
      #"{"minumum":1}"#, #"{"multipleOf":1}"#, #"{"type":"float"}"#, #"{"type":["string","null"]}"#,
      #"{"format":"uri"}"#,
      #"{"properties":{"a":{"requierd":[]}}}"#, #"{"additionalProperties":{"maxItems":1}}"#, #"{"pattern":"("}"#,
      #"{"enum":[]}"#, #"{"enum":[1,1]}"#, #"{"anyOf":[]}"#, #"{"oneOf":[{"x":1}]}"#, ##"{"$ref":"#/$defs/a"}"##,
      #"{"$defs":{"a":{"x":1}}}"#, #"{"minLength":-1}"#, #"{"minimum":"0"}"#, #"{"required":[1]}"#,
      ##"{"$schema":"http://json-schema.org/draft-07/schema#"}"##, "[]", "{",
    ])
  func unusable(_ schema: String) {
    #expect(throws: (any Error).self) { try JSONSchema(parsing: schema) }
  }

  @Test("a text that isn't JSON meets no schema")
  func notJSON() throws {
    for value in ["", "{", "nul", "{\"a\":NaN}", "{} {}"] { #expect(try !isMet("{}", by: value), "\(value)") }
  }
}
