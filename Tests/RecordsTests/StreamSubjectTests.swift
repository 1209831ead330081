import Records
import Testing

@Suite("Whose a record of a stream is")
struct StreamSubjectTests {
  private func read(
    _ value: String?, key: [UInt8]?, field: String? = "customer", fields: [String] = ["amount"]
  ) -> ReadRecord {
    ReadRecord.read(
      bytes: value.map { Array($0.utf8) }, key: key,
      plan: FieldPlan(fields: fields, form: .stream(StreamSubject(stream: "orders", field: field))))
  }

  private func subject(_ value: String, key: String?, field: String? = "customer") -> String {
    read(value, key: key.map { Array($0.utf8) }, field: field).subject
  }

  @Test("a stream's record belongs to the text or number of its field, else to its key, else to the stream")
  func order() {
    #expect(subject(#"{"customer":"acme"}"#, key: "k") == "acme")
    #expect(subject(#"{"customer":"d\u00e9j\u00e0"}"#, key: "k") == "déjà")
    #expect(subject(#"{"a":1, "customer" : -4711 }"#, key: "k") == "-4711")
    #expect(subject(#"{"customer":1.50}"#, key: "k") == "1.50")
    for other in ["\"\"", "null", "true", "[1]", "{\"a\":2}"] {
      #expect(subject("{\"customer\":\(other)}", key: "k") == "k")
      #expect(subject("{\"customer\":\(other)}", key: nil) == "orders")
    }
    #expect(subject(#"{"customer":"acme"}"#, key: "k", field: nil) == "k")
    #expect(subject(#"{"host":"web-1"}"#, key: "k") == "k")
    #expect(subject("{}", key: "") == "orders")
    #expect(read("{}", key: nil).subjectIsFallback)
    #expect(!read("{}", key: [0x61]).subjectIsFallback)
  }

  @Test("a subject that is too long or has control characters makes a stream's record bad")
  func bad() {
    let long = String(repeating: "x", count: 256)
    #expect(read("{\"customer\":\"\(long)\"}", key: nil).outcome == .bad(.subject))
    #expect(read("{\"customer\":\(String(repeating: "1", count: 256))}", key: nil).outcome == .bad(.subject))
    #expect(read("{\"customer\":\"a\\u0000\"}", key: nil).outcome == .bad(.subject))
    #expect(read("{}", key: Array(long.utf8)).outcome == .bad(.subject))
    #expect(read(nil, key: nil).outcome == .tombstoneWithoutKey)
    #expect(read("[1]", key: nil).outcome == .bad(.notObject))
    #expect(ReadRecord.read(bytes: [0x22, 0xFF, 0x22], plan: FieldPlan(fields: [])).outcome == .bad(.notObject))
  }

  @Test("a key that is no text is shown in hexadecimal")
  func binaryKey() {
    #expect(read("{}", key: [0, 0, 0, 0, 0, 0, 0, 0x2A]).subject == "0x000000000000002a")
    #expect(read("{}", key: [0xFF]).subject == "0xff")
    #expect(read(nil, key: [0xFF]).subject == "0xff")
    #expect(read("{}", key: Array(repeating: 1, count: 126)).outcome == .record)
    #expect(read("{}", key: Array(repeating: 1, count: 127)).outcome == .bad(.subject))
  }

  @Test("if the key isn't the subject, nothing says that all of its records are in one partition")
  func spread() {
    #expect(read(#"{"customer":"acme"}"#, key: Array("acme".utf8)).hasKey)
    #expect(!read(#"{"customer":"acme"}"#, key: Array("order-1".utf8)).hasKey)
    #expect(!read(#"{"customer":"acme"}"#, key: nil).hasKey)
    #expect(read(#"{"customer":7}"#, key: Array("7".utf8)).hasKey)
    #expect(read("{}", key: Array("acme".utf8)).hasKey)
    #expect(!read("{}", key: nil).hasKey)
    #expect(!read("{}", key: []).hasKey)
  }

  @Test("the time of a stream's record is Kafka's, and its other fields mean nothing")
  func time() {
    let record = read(
      #"{"timestamp":"2022-01-01T00:00:00Z","boot_id":"b","sequence":7,"amount":5}"#, key: [0x61],
      fields: ["amount", "sequence"])
    #expect(record.time == ReadRecord.noon)
    #expect(!record.bringsOwnTime)
    #expect(!record.hasBoot)
    #expect(record.sequence == -1)
    #expect(record.fields == [.number(5), .number(7)])
    #expect(read(#"{"timestamp":"rubbish","amount":5}"#, key: [0x61]).outcome == .record)
  }

  @Test("the field with the subject can be a metric, too")
  func metric() {
    let record = read(#"{"customer":12,"amount":5}"#, key: nil, fields: ["customer"])
    #expect(record.subject == "12")
    #expect(record.fields == [.number(12)])
  }

  @Test("a record like the one before it is read as well")
  func repeated() {
    let plan = FieldPlan(fields: ["amount"], form: .stream(StreamSubject(stream: "orders", field: "customer")))
    var reader = RecordReader(plan: plan, maxFuture: 0)
    for number in 0..<20 {
      let value = "{\"customer\":\(number % 2 == 0 ? "\"c\(number)\"" : "\(number)"),\"amount\":\(number)}"
      let record = ReadRecord(&reader, Array(value.utf8), nil, slots: 1)
      #expect(record.subject == (number % 2 == 0 ? "c\(number)" : "\(number)"))
      #expect(record.fields == [.number(Double(number))])
    }
  }
}
