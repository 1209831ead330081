import Console
import Testing

@Suite("FieldMatch")
struct FieldMatchTests {
  private func covers(_ match: String, _ value: String?) -> Bool? {
    FieldMatch(match).map { match in withRecord(value.map { Array($0.utf8) }) { match.covers($0) } }
  }

  @Test("globs match the whole text of top-level fields, numbers as written")
  func covers() {
    let record = #"{"host":"web-12","cpu":80.0,"up":true,"none":null,"n":{"host":"db"},"eq":"a=b","host2":"\u0064b"}"#
    #expect(covers("host=web-*", record) == true)
    #expect(covers("host=web-1?", record) == true)
    #expect(covers("host=web", record) == false)
    #expect(covers("host=db", record) == false)
    #expect(covers("cpu=80.0", record) == true)
    #expect(covers("cpu=80", record) == false)
    #expect(covers("up=true", record) == true)
    #expect(covers("none=null", record) == true)
    #expect(covers("n=*", record) == false)
    #expect(covers("eq=a=b", record) == true)
    #expect(covers("host2=db", record) == true)
    #expect(covers("missing=*", record) == false)
    #expect(covers("host=*", nil) == false)
    #expect(covers("host=*", "text") == false)
    #expect(covers("host=", #"{"host":""}"#) == true)
    #expect(covers("host=b", #"{"host":"a","host":"b"}"#) == true)
  }

  @Test("a filter needs a name and an equals sign", arguments: ["", "host", "=x"])
  func malformed(_ text: String) {
    #expect(FieldMatch(text) == nil)
  }
}
