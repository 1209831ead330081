import JSON
import Platform
import Records

/// Formats the newest reading of a subject as a JSON object, for other programs.
public enum ReadingObject {
  /// Appends the object of a stream and a line end: `stream`, `kind`, and what all objects have: `timestamp`,
  /// `age_seconds`, the reading's `numbers` as they are written in the record, and the `firing` rules.
  ///
  /// - Parameters:
  ///   - rules: nil if it isn't known which rules fire; `firing` is null then.
  ///   - now: determines how old the reading is.
  public static func append(_ stream: SeenStream, firing rules: FiringRules?, now: WallTime, to line: inout [UInt8]) {
    append(
      stream, [("stream", stream.subject), ("kind", stream.kind)], firing: rules, now: now, to: &line)
  }

  /// The same of a group: `group`, `topic` (null for the whole group) and `state` (null if it can't be said).
  public static func append(_ group: SeenGroup, firing rules: FiringRules?, now: WallTime, to line: inout [UInt8]) {
    append(
      group, [("group", group.group), ("topic", group.topic), ("state", group.state)], firing: rules, now: now,
      to: &line)
  }

  private static func append(
    _ reading: some SeenReading, _ texts: [(name: StaticString, text: String?)], firing rules: FiringRules?,
    now: WallTime, to line: inout [UInt8]
  ) {
    var writer = Writer(capacity: reading.value.count + 256)
    writer.beginObject()
    for (name, text) in texts {
      writer.key(name)
      if let text { writer.string(text) } else { writer.null() }
    }
    writer.key("timestamp")
    writer.string(reading.time.rfc3339)
    writer.key("age_seconds")
    writer.double(Double((now - reading.time).wholeMilliseconds) / 1000)
    writer.key("numbers")
    writer.beginObject()
    for (name, number) in numbers(of: reading.value) {
      writer.key(name)
      Array(number.utf8).withUnsafeBytes { writer.raw($0) }
    }
    writer.endObject()
    writer.key("firing")
    write(rules?[reading.subject], to: &writer)
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
  private static func numbers(of value: [UInt8]) -> [(name: String, number: String)] {
    value.withUnsafeBytes { bytes in
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
