import Streams
import TestAllocations
import Testing

@Suite("The reader's steady state")
struct SteadyStateTests {
  @Test("a record allocates nothing, whatever the definition asks, and whether or not it is valid")
  func nothing() throws {
    var definition = StreamDefinition(name: "s", topics: [.name("t")])
    definition.counts = [
      .init(name: "a", field: "status", condition: .equals("500")),
      .init(name: "b", field: "message", condition: .contains("error")),
      .init(name: "c", field: "message", condition: .matches(#"time(d )?out|(?i)refused\b"#)),
      .init(name: "d", field: "ms", condition: .above(100)), .init(name: "e", field: "ms", condition: .below(1)),
    ]
    definition.measures = [.init(field: "ms", statistics: [.avg, .max]), .init(field: "bytes", statistics: [.sum])]
    definition.distincts = [.init(name: "users", field: "user", over: .seconds(3600))]
    definition.time = "at"
    let values = [
      #"{"at":"2026-11-20T12:00:00.250Z","status":500,"message":"an error: timed out","ms":12.5,"user":"é","bytes":9}"#,
      #"{"at":1795176001000,"status":"500","mess\u0061ge":"r\u00e9fused\tby peer","ms":1e3,"user":"a\nb","x":[{"y":[]}]}"#,
      #"{"user":"\#(String(repeating: "u", count: 400))","message":"\#(String(repeating: "é", count: 5_000))"}"#,
      #"{"message":"broken"#, #"{"message":"\ud800"}"#, "[]", "",
    ].map { Array($0.utf8) }
    let keys: [[UInt8]] = [[], Array("web-1".utf8), [0xFF, 0x00, 0xE2, 0x82]]
    for division in [nil, .key, .field("user")] as [StreamDefinition.Division?] {
      definition.division = division
      for format in StreamDefinition.Format.allCases {
        definition.format = format
        #expect(try allocations(of: definition, values, keys) == 0, "\(format), \(String(describing: division))")
      }
    }
  }

  /// The allocations of 500 rounds through all records, after as many others.
  private func allocations(of definition: StreamDefinition, _ values: [[UInt8]], _ keys: [[UInt8]]) throws -> Int {
    let copies = (values + keys).map { bytes in
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
      copy.copyBytes(from: bytes)
      return UnsafeRawBufferPointer(copy)
    }
    defer { for copy in copies { copy.deallocate() } }
    var reader = try StreamReader(definition)
    var facts = RecordFacts(for: definition)
    var before = 0
    for round in 0..<1_000 {
      if round == 500 { before = Int(allocations_of_this_thread()) }
      for index in 0..<values.count {
        let key = copies[values.count + (round + index) % keys.count]
        reader.read(key: key, value: copies[index], into: &facts)
      }
    }
    let made = Int(allocations_of_this_thread()) - before
    #expect(reader.takeExceeded().isEmpty)
    return made
  }
}
