import JSON
import Platform
import Records

/// A record of any topic, prepared for display, with its fields in their order in the record.
public struct SeenRecord {
  /// The record's key.
  public let key: UnsafeRawBufferPointer?
  /// The record's value; nil for a tombstone.
  public let value: UnsafeRawBufferPointer?
  /// Kafka's timestamp; nil if there is none.
  public let kafkaTime: WallTime?
  /// The fields of a JSON object; nil if the value isn't one.
  let fields: [Field]?

  /// One field.
  struct Field {
    var name: String
    var value: Value
  }

  /// The value of a field.
  enum Value: Equatable {
    /// A string, unescaped.
    case text(String)
    /// A number, `true`, `false` or `null`, as written.
    case word(String)
    /// An object or array, as written.
    case nested(String)
  }

  /// Creates it from bytes, which must outlive it.
  public init(key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, kafkaTime: WallTime?) {
    self.key = key
    self.value = value
    self.kafkaTime = kafkaTime
    fields = value.flatMap(SeenRecord.readFields)
  }

  /// The last field with this name; nil if there is none.
  func field(_ name: String) -> Value? {
    fields?.last { $0.name.utf8.elementsEqual(name.utf8) }?.value
  }

  private static func readFields(_ bytes: UnsafeRawBufferPointer) -> [Field]? {
    var reader = Reader(bytes)
    guard reader.next() == .beginObject else { return nil }
    var fields: [Field] = []
    while reader.next() == .key {
      let name = reader.string ?? String(decoding: reader.raw, as: UTF8.self)
      guard let raw = reader.rawValue() else { return nil }
      let written = String(decoding: raw, as: UTF8.self)
      let value: Value =
        switch reader.token {
        case .string: .text(reader.string ?? written)
        case .endObject, .endArray: .nested(written)
        default: .word(written)
        }
      fields.append(Field(name: name, value: value))
    }
    guard reader.token == .endObject, reader.next() == .end else { return nil }
    return fields
  }
}
