import Platform

extension StatusRecord {
  /// A text that every record of a host carries, such as its role: the field `name` with the string `value`.
  public struct Tag: Equatable, Sendable {
    /// The field's name; `problem(ofTag:metrics:)` is nil for it.
    public var name: String
    /// Its text; `problem(ofValue:)` is nil for it.
    public var value: String

    /// The text `value` in the field `name`.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// How many tags a record has, and how long they are.
  public enum TagBounds {
    /// The maximum number of tags.
    public static let count = 32
    /// The maximum length of a name, in bytes.
    public static let name = 255
    /// The maximum length of a value, in bytes; a stream cuts longer texts.
    public static let value = 255
  }

  /// What is wrong with the name of a tag, and what to do; nil if nothing is. `metrics` are those that the record may have.
  public static func problem(ofTag name: String, metrics: MetricTable) -> String? {
    if name.isEmpty { return "a tag needs a name: it is a field of the record" }
    if name.utf8.count > TagBounds.name { return "a tag's name may have at most \(TagBounds.name) bytes" }
    if name.unicodeScalars.contains(where: \.isControl) { return "a tag's name can't contain control characters" }
    if fields(with: metrics).contains(name) {
      return "status records have a field \(name) of their own; give the tag another name, such as host_\(name)"
    }
    return nil
  }

  /// What is wrong with the value of a tag, and what to do; nil if nothing is. It doesn't quote the value.
  public static func problem(ofValue value: String) -> String? {
    if value.isEmpty { return "a tag can't be empty: write its text, or leave the tag out" }
    if value.utf8.count > TagBounds.value { return "a tag may have at most \(TagBounds.value) bytes" }
    return value.unicodeScalars.contains(where: \.isControl) ? "a tag can't contain control characters" : nil
  }
}
