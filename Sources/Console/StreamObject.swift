import JSON
import Platform
import Records

/// Formats the newest reading of a stream as a JSON object, for other programs.
public enum StreamObject {
  /// Appends the object and a line end: `stream`, `kind`, `timestamp`, `age_seconds`, the reading's `numbers` as they
  /// are written in the record, and the `firing` rules.
  ///
  /// - Parameters:
  ///   - rules: nil if it isn't known which rules fire; `firing` is null then.
  ///   - now: determines how old the reading is.
  public static func append(_ stream: SeenStream, firing rules: FiringRules?, now: WallTime, to line: inout [UInt8]) {
    var writer = Writer(capacity: stream.value.count + 256)
    writer.beginObject()
    writer.key("stream")
    writer.string(stream.subject)
    writer.key("kind")
    writer.string(stream.kind)
    writer.key("timestamp")
    writer.string(stream.time.rfc3339)
    writer.key("age_seconds")
    writer.double(Double((now - stream.time).wholeMilliseconds) / 1000)
    writer.key("numbers")
    writer.beginObject()
    for (name, number) in numbers(of: stream) {
      writer.key(name)
      Array(number.utf8).withUnsafeBytes { writer.raw($0) }
    }
    writer.endObject()
    writer.key("firing")
    write(rules?[stream.subject], to: &writer)
    writer.endObject()
    writer.bytes.withUnsafeBytes { JSONLine.append($0, to: &line) }
  }

  private static func write(_ rules: [(rule: String, severity: Severity)]?, to writer: inout Writer) {
    guard let rules else { return writer.null() }
    writer.beginArray()
    for (rule, severity) in rules {
      writer.beginObject()
      writer.key("rule")
      writer.string(rule)
      writer.key("severity")
      writer.string(severity.name)
      writer.endObject()
    }
    writer.endArray()
  }

  /// The numbers at the top level, as written, in their order. Of several with one name the last counts.
  private static func numbers(of stream: SeenStream) -> [(name: String, number: String)] {
    stream.value.withUnsafeBytes { bytes in
      let fields = SeenRecord(key: nil, value: bytes, kafkaTime: nil).fields ?? []
      var names = Set<[UInt8]>()
      var numbers: [(name: String, number: String)] = []
      for field in fields.reversed() where names.insert(Array(field.name.utf8)).inserted {
        // `timestamp` may be a number, too; it is already there.
        guard case .word(let word) = field.value, word.utf8.first.map(isNumber) ?? false, field.name != "timestamp"
        else { continue }
        numbers.append((field.name, word))
      }
      return numbers.reversed()
    }
  }

  /// Whether a word that begins with `byte` is a number: not `true`, `false` or `null`.
  private static func isNumber(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
