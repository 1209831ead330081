import JSON

/// One line of a recorded history: `{"key":…,"timestamp":…,"value":…}`, a Kafka record as people and scripts write it.
///
/// * `key`: a text; `null` or absent if the record has none.
/// * `timestamp`: the Kafka timestamp, whole milliseconds since the epoch; -1 or absent if there is none.
/// * `value`: the record's value, byte for byte; `null` is a tombstone. It may be text that isn't JSON if it is the
/// last field: such a record can't be read, as on a broker.
/// * `value_b64`, instead of `value`: bytes in Base64 (RFC 4648), for values that a line of JSON can't hold.
public struct RecordedLine: ~Copyable {
  /// The record's key; nil if there is none.
  public private(set) var key: [UInt8]?
  /// The record's Kafka timestamp in milliseconds since the epoch; -1 if there is none.
  public private(set) var kafkaTime: Int64 = -1
  /// The record's value; nil for null.
  public private(set) var value: [UInt8]?

  /// The error of a line, in one sentence that tells what to do.
  public struct Problem: Error, Equatable, Sendable {
    /// The sentence.
    public var message: String

    /// The line isn't JSON, and has no value that could be taken as it is.
    public static let notJSON = Problem(message: "the line isn't JSON")
  }

  /// Parses a line without its line end.
  public init(_ line: UnsafeRawBufferPointer) throws(Problem) {
    var reader = Reader(line)
    guard reader.next() == .beginObject else {
      throw reader.token == .invalid ? .notJSON : Problem("the line isn't an object; expected \(RecordedLine.form)")
    }
    let begin = reader.withPlace { UnsafeRawPointer($0) }
    let offset = line.firstIndex(of: UInt8(ascii: "{")) ?? 0
    var hasValue = false
    /// The offset after the name `value`; nil before it is found.
    var valueName: Int?
    while reader.next() == .key {
      let end = (reader.raw.baseAddress.map { $0 - begin } ?? 0) + reader.raw.count + 1 + offset
      if reader.isText("value") {
        hasValue = true
        valueName = end
        value = reader.rawValue().flatMap { reader.token == .null ? nil : Array($0) }
      } else if reader.isText("value_b64") {
        hasValue = true
        guard reader.next() == .string, let bytes = Base64.decode(reader.raw) else {
          throw Problem("\"value_b64\" isn't text in Base64")
        }
        value = bytes
      } else {
        try readOther(&reader)
      }
    }
    guard reader.token == .endObject, reader.next() == .end else {
      guard let valueName else { throw Problem.notJSON }
      value = try RecordedLine.rest(of: line, behind: valueName)
      return
    }
    if !hasValue { throw Problem("\"value\" is missing; expected \(RecordedLine.form)") }
  }

  /// A record whose value is the line itself, for a line that isn't JSON.
  public init(asItStands line: UnsafeRawBufferPointer) { value = Array(line) }

  /// Passes key and value, nil for null, to `body`. They are valid during the call.
  public borrowing func withBytes<Result>(
    _ body: (_ key: UnsafeRawBufferPointer?, _ value: UnsafeRawBufferPointer?) -> Result
  ) -> Result {
    func give(_ key: UnsafeRawBufferPointer?) -> Result {
      guard let value else { return body(key, nil) }
      return value.withUnsafeBytes { body(key, $0) }
    }
    guard let key else { return give(nil) }
    return key.withUnsafeBytes { give($0) }
  }

  private static let form = "{\"key\":…,\"timestamp\":…,\"value\":…}"

  private mutating func readOther(_ reader: inout Reader) throws(Problem) {
    if reader.isText("key") {
      switch reader.next() {
      case .null: key = nil
      case .string:
        guard let text = reader.string else { throw Problem("\"key\" isn't UTF-8") }
        key = Array(text.utf8)
      default: throw Problem("\"key\" is neither a text nor null")
      }
    } else if reader.isText("timestamp") {
      guard reader.next() == .number, let time = reader.int64 else {
        throw Problem("\"timestamp\" isn't a whole number of milliseconds")
      }
      kafkaTime = max(-1, time)
    } else if !reader.skip() {
      throw Problem.notJSON
    }
  }

  /// A value that isn't JSON: everything after its colon, up to the brace that ends the line.
  private static func rest(of line: UnsafeRawBufferPointer, behind nameEnd: Int) throws(Problem) -> [UInt8] {
    guard let colon = line[nameEnd...].firstIndex(of: UInt8(ascii: ":")),
      let end = line.lastIndex(where: { !isBlank($0) }), end > colon, line[end] == UInt8(ascii: "}")
    else { throw Problem.notJSON }
    let start = line[(colon + 1)...].firstIndex { !isBlank($0) } ?? end
    return Array(line[start..<end])
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
}

extension RecordedLine.Problem {
  fileprivate init(_ message: String) { self.message = message }
}
