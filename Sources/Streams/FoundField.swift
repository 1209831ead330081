import JSON

/// The value of a field in the record that is read.
struct FoundField {
  /// The value as written; nil if the record doesn't have the field.
  var place: Scan.Place?
  /// Its length, in bytes.
  var length = 0
  /// The text of a string without its escapes, or a number, `true` or `false` as written. Nil for anything else, and if
  /// nobody asks for it.
  var text: UnsafeRawBufferPointer?

  /// The field of a record that doesn't have it.
  static var absent: FoundField { FoundField() }

  /// Whether the value is a string.
  var isString: Bool { place?.pointee == UInt8(ascii: "\"") }

  /// Whether the value is a number.
  var isNumber: Bool {
    guard let first = place?.pointee else { return false }
    return first == UInt8(ascii: "-") || first &- UInt8(ascii: "0") <= 9
  }

  /// Whether the value is `true` or `false`.
  var isBool: Bool { place?.pointee == UInt8(ascii: "t") || place?.pointee == UInt8(ascii: "f") }

  /// The number; nil if the value isn't one, or exceeds a double's range.
  var number: Double? {
    guard isNumber, let place else { return nil }
    let number = Number.double(place)
    return number.isFinite ? number : nil
  }
}
