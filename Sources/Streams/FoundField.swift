import Cscan
import JSON

/// The value of a field in the record that is read.
struct FoundField {
  private let slot: cscan_slot

  /// The value in a slot of the reader's plan.
  init(_ slot: cscan_slot) { self.slot = slot }

  /// The text of a string without its escapes, if somebody asks for it; a number, `true` or `false` as written. Nil for
  /// anything else, and if the record doesn't have the field.
  var text: UnsafeRawBufferPointer? {
    switch Int(slot.kind) {
    case Int(CSCAN_STRING), Int(CSCAN_NUMBER), Int(CSCAN_OVERFLOW), Int(CSCAN_BOOL):
      UnsafeRawBufferPointer(start: slot.text, count: slot.text_count)
    default: nil
    }
  }

  /// Whether the value is a string whose text somebody asks for.
  var isString: Bool { slot.kind == UInt8(CSCAN_STRING) }

  /// The place of a number; nil if the value isn't one.
  var numberPlace: Scan.Place? {
    slot.kind == UInt8(CSCAN_NUMBER) || slot.kind == UInt8(CSCAN_OVERFLOW) ? slot.text : nil
  }

  /// The number; nil if the value isn't one, or exceeds a double's range.
  var number: Double? { slot.kind == UInt8(CSCAN_NUMBER) ? slot.number : nil }
}
