import Streams
import TestSupport

/// The facts of one record, copied.
struct ReadFacts: Equatable {
  var isInvalid = false
  var time: Int64?
  var matches: [Bool] = []
  var numbers: [Double?] = []
  var division: String?
  var texts: [String?] = []
}

extension ReadFacts {
  /// Reads one record with `reader`.
  init(_ reader: inout StreamReader, _ value: [UInt8]?, key: [UInt8]? = nil) {
    var facts = RecordFacts(for: reader.definition)
    self.init(&reader, value, key: key, into: &facts)
  }

  /// Reads one record with `reader` into facts that may hold those of another record.
  init(_ reader: inout StreamReader, _ value: [UInt8]?, key: [UInt8]?, into facts: inout RecordFacts) {
    withBytes(value) { value in
      withBytes(key) { key in reader.read(key: key, value: value, into: &facts) }
    }
    isInvalid = facts.isInvalid
    time = facts.time
    matches = facts.matches
    numbers = facts.numbers
    division = facts.division.map { String(decoding: $0, as: UTF8.self) }
    texts = facts.texts.map { $0.map { String(decoding: $0, as: UTF8.self) } }
  }

  /// Reads one record with a new reader.
  static func read(
    _ value: String?, key: String? = nil, format: StreamDefinition.Format = .json,
    _ change: (inout StreamDefinition) -> Void
  ) throws -> ReadFacts {
    try read(bytes: value.map { Array($0.utf8) }, key: key.map { Array($0.utf8) }, format: format, change)
  }

  /// Reads one record, given as bytes, with a new reader.
  static func read(
    bytes: [UInt8]?, key: [UInt8]? = nil, format: StreamDefinition.Format = .json,
    _ change: (inout StreamDefinition) -> Void
  ) throws -> ReadFacts {
    var definition = StreamDefinition(name: "s", topics: [.name("t")])
    definition.format = format
    change(&definition)
    var reader = try StreamReader(definition)
    return ReadFacts(&reader, bytes, key: key)
  }

  /// Whether a record meets a condition on its field `f`, or on all of it.
  static func meets(
    _ condition: StreamDefinition.Condition, _ value: String, format: StreamDefinition.Format = .json
  ) throws -> Bool {
    let facts = try read(value, format: format) {
      $0.counts = [.init(name: "n", field: format == .json ? "f" : nil, condition: condition)]
    }
    return !facts.isInvalid && facts.matches == [true]
  }
}
