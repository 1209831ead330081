import JSON
import Records

/// What the definition makes of a value that can be read.
extension StreamReader {
  /// Looks at the whole of a text; false if an expression exceeds its limits. A text has no fields.
  mutating func readText(_ value: UnsafeRawBufferPointer?, into facts: inout RecordFacts) -> Bool {
    guard let value else { return true }
    var isDecided = true
    for index in conditions.indices where conditions[index].slot == nil {
      isDecided = note(conditions[index].check.look(at: value), of: index, in: &facts) && isDecided
    }
    return isDecided
  }

  /// Looks at the fields that were found; false if an expression exceeds its limits.
  mutating func settle(into facts: inout RecordFacts) -> Bool {
    var isDecided = true
    for index in conditions.indices {
      guard let slot = conditions[index].slot else { continue }
      isDecided = note(conditions[index].check.look(at: found(slot)), of: index, in: &facts) && isDecided
    }
    for index in measures.indices { facts.numbers[index] = found(measures[index]).number }
    for index in distincts.indices { facts.texts[index] = shortText(distincts[index]) }
    if let timeSlot { facts.time = StreamReader.time(of: found(timeSlot)) }
    if case .slot(let slot) = divider { facts.division = shortText(slot) }
    return isDecided
  }

  /// The value of the field in `slot`.
  private func found(_ slot: Int) -> FoundField { FoundField(layout.slots[slot]) }

  /// The text of the field in `slot`, cut if it is too long.
  private func shortText(_ slot: Int) -> UnsafeRawBufferPointer? {
    guard let text = found(slot).text else { return nil }
    if text.count <= StreamReader.longestText { return text }
    var end = StreamReader.longestText
    while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: text[..<end])
  }

  /// The time that a field gives, in milliseconds since the epoch; nil if it is none, has no zone, or is beyond the years
  /// 1 to 9999.
  private static func time(of field: FoundField) -> Int64? {
    let reading: TimeReading
    if field.isString, let text = field.text {
      reading = EventTime.text(text)
    } else if let place = field.numberPlace {
      reading = EventTime.number(place)
    } else {
      return nil
    }
    if case .instant(let time) = reading { return time }
    return nil
  }
}
