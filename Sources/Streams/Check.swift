import Glibc

/// A condition, prepared for many records.
enum Check {
  case equals([UInt8])
  case contains([UInt8])
  case matches(Expression)
  case above(Double)
  case below(Double)

  /// Throws if the condition's expression isn't one.
  init(_ condition: StreamDefinition.Condition) throws(Expression.Problem) {
    switch condition {
    case .equals(let text): self = .equals(Array(text.utf8))
    case .contains(let text): self = .contains(Array(text.utf8))
    case .matches(let pattern): self = .matches(try Expression(pattern))
    case .above(let limit): self = .above(limit)
    case .below(let limit): self = .below(limit)
    }
  }

  /// Whether a whole text meets it. A text is no number.
  func look(at text: UnsafeRawBufferPointer) -> Expression.Outcome {
    switch self {
    case .equals(let wanted): Check.equal(text, wanted) ? .matches : .differs
    case .contains(let part): Check.contains(text, part) ? .matches : .differs
    case .matches(let expression): expression.match(text)
    case .above, .below: .differs
    }
  }

  /// Whether a field meets it. Only strings contain or match something; numbers, `true` and `false` equal what is
  /// written.
  func look(at field: FoundField) -> Expression.Outcome {
    switch self {
    case .above(let limit): field.number.map { $0 > limit } == true ? .matches : .differs
    case .below(let limit): field.number.map { $0 < limit } == true ? .matches : .differs
    case .equals(let wanted): field.text.map { Check.equal($0, wanted) } == true ? .matches : .differs
    case .contains, .matches: field.isString ? field.text.map { look(at: $0) } ?? .differs : .differs
    }
  }

  private static func equal(_ text: UnsafeRawBufferPointer, _ wanted: [UInt8]) -> Bool {
    guard text.count == wanted.count else { return false }
    guard let start = text.baseAddress else { return true }
    return memcmp(start, wanted, wanted.count) == 0
  }

  /// Whether `text` contains `part`, byte for byte: in UTF-8 that is character for character.
  private static func contains(_ text: UnsafeRawBufferPointer, _ part: [UInt8]) -> Bool {
    guard let first = part.first else { return true }
    guard var place = text.baseAddress, text.count >= part.count else { return false }
    let end = place + (text.count - part.count + 1)
    while place < end, let next = memchr(place, Int32(first), end - place) {
      if memcmp(next, part, part.count) == 0 { return true }
      place = UnsafeRawPointer(next) + 1
    }
    return false
  }
}

extension StreamDefinition.Condition {
  /// Whether it looks at the text of a field.
  var looksAtText: Bool {
    switch self {
    case .equals, .contains, .matches: true
    case .above, .below: false
    }
  }
}
