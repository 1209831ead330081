import JSON
import Platform

/// Takes a template apart, and finds what is wrong with it.
struct TemplateCompiler {
  private(set) var parts: [BodyTemplate.Part] = []
  private(set) var problems: [TemplateProblem] = []

  private let text: [UInt8]
  /// The bytes before it are in `parts`.
  private var copied = 0
  private var placeholders = 0
  private var hasAlerts = false

  private static let maxProblems = 20

  init(_ text: [UInt8]) { self.text = Array(text.dropFirst(Text.byteOrderMark(of: text))) }

  /// Call it once.
  mutating func run() {
    guard text.count <= BodyTemplate.maxSize else {
      return report(at: 0, "the template has \(text.count) bytes: the maximum is \(BodyTemplate.maxSize)")
    }
    var reader = Reader(text)
    loop: while problems.count < TemplateCompiler.maxProblems {
      switch reader.next() {
      case .key:
        if reader.string == nil { reportLoneSurrogate(at: reader.offset) }
        if TemplateCompiler.find("{", in: reader.raw, from: 0) != nil {
          report(at: reader.offset, "a placeholder can't be part of a name: write it in the value")
        }
      case .string: string(reader.raw, at: reader.offset)
      case .end: break loop
      case .invalid:
        reportInvalid(at: reader.offset)
        break loop
      default: break
      }
    }
    copy(to: text.count)
  }

  /// A text that begins with its quote at `offset`; `raw` is what stands between the quotes.
  private mutating func string(_ raw: UnsafeRawBufferPointer, at offset: Int) {
    let inside = offset + 1
    var place = 0
    while let open = TemplateCompiler.find("{", in: raw, from: place) {
      guard let close = TemplateCompiler.find("}", in: raw, from: open + 2) else {
        return report(at: inside + open, "a {{ has no }}: close it, or write \\u007b{ if no placeholder is meant")
      }
      checkLiteral(raw, place..<open, at: inside)
      let name = TemplateCompiler.name(UnsafeRawBufferPointer(rebasing: raw[(open + 2)..<close]))
      count(at: inside + open)
      if let value = TemplateCompiler.wholeValue(name) {
        wholeValue(value, isWhole: open == 0 && close + 2 == raw.count, at: inside + open)
        if open == 0, close + 2 == raw.count {
          copy(to: offset)
          parts.append(.value(value))
          copied = inside + close + 3
          return
        }
      } else if let placeholder = Placeholder(name) {
        copy(to: inside + open)
        parts.append(.text(placeholder))
        copied = inside + close + 2
      } else {
        reportUnknown(name, at: inside + open)
      }
      place = close + 2
    }
    checkLiteral(raw, place..<raw.count, at: inside)
  }

  private mutating func wholeValue(_ value: WholeValue, isWhole: Bool, at offset: Int) {
    if !isWhole {
      let name = value == .alerts ? "alerts" : "json \(value.rawValue)"
      report(at: offset, "{{\(name)}} is no text: it must be all that stands between the quotes")
    }
    guard value == .alerts else { return }
    if hasAlerts { report(at: offset, "{{alerts}} may stand in a template only once") }
    hasAlerts = true
  }

  private mutating func count(at offset: Int) {
    placeholders += 1
    if placeholders == BodyTemplate.maxPlaceholders + 1 {
      report(at: offset, "the maximum is \(BodyTemplate.maxPlaceholders) placeholders")
    }
  }

  /// Two halves of a surrogate pair with a placeholder between them would be no text.
  private mutating func checkLiteral(_ raw: UnsafeRawBufferPointer, _ range: Range<Int>, at inside: Int) {
    if TemplateCompiler.decoded(UnsafeRawBufferPointer(rebasing: raw[range])) == nil {
      reportLoneSurrogate(at: inside + range.lowerBound)
    }
  }

  private mutating func copy(to end: Int) {
    if copied < end { parts.append(.literal(Array(text[copied..<end]))) }
    copied = max(copied, end)
  }

  /// `{{alerts}}`, and `{{json NAME}}`.
  private static func wholeValue(_ name: String) -> WholeValue? {
    if name == "alerts" { return .alerts }
    guard name.hasPrefix("json ") else { return nil }
    return WholeValue(rawValue: String(name.dropFirst(5).drop { $0 == " " }))
  }

  /// What stands between the braces, without blanks around it.
  private static func name(_ raw: UnsafeRawBufferPointer) -> String {
    var name = decoded(raw)?[...] ?? ""
    while name.first == " " { name.removeFirst() }
    while name.last == " " { name.removeLast() }
    return String(name)
  }

  /// The text that the inside of a JSON string stands for; nil if it isn't valid Unicode.
  private static func decoded(_ raw: UnsafeRawBufferPointer) -> String? {
    var isText = true
    let bytes = [UInt8](unsafeUninitializedCapacity: raw.count + 1) { buffer, count in
      guard let target = buffer.baseAddress, let length = Text.unescape(raw, into: target) else {
        return isText = false
      }
      count = length
    }
    return isText ? String(decoding: bytes, as: UTF8.self) : nil
  }

  /// Where `brace` stands twice in a row, at or after `start`.
  private static func find(_ brace: Unicode.Scalar, in raw: UnsafeRawBufferPointer, from start: Int) -> Int? {
    let byte = UInt8(ascii: brace)
    var i = start
    while i + 1 < raw.count {
      if raw[i] == byte, raw[i + 1] == byte { return i }
      i += 1
    }
    return nil
  }
}

extension TemplateCompiler {
  private mutating func report(at offset: Int, _ message: String) {
    guard problems.count < TemplateCompiler.maxProblems else { return }
    let before = String(decoding: text[..<min(offset, text.count)], as: UTF8.self).unicodeScalars
    let line = before.reduce(1) { $1 == "\n" ? $0 + 1 : $0 }
    let column = before.reversed().prefix { $0 != "\n" }.count + 1
    problems.append(TemplateProblem(line: line, column: column, message: message))
  }

  private mutating func reportLoneSurrogate(at offset: Int) {
    report(at: offset, "the text isn't valid Unicode: half of a surrogate pair stands alone")
  }

  private mutating func reportInvalid(at offset: Int) {
    // `{"value": {{value}}}` is the likely mistake: the second brace is where it stops being JSON.
    let isPlaceholder =
      offset > 0 && offset < text.count && text[offset - 1] == text[offset]
      && text[offset] == UInt8(ascii: "{")
    report(
      at: isPlaceholder ? offset - 1 : offset,
      isPlaceholder
        ? "a placeholder must stand between quotes; \"{{json NAME}}\" becomes a number, object or array"
        : text.isEmpty ? "the template is empty: it must be JSON" : "the template isn't JSON from here on")
  }

  private mutating func reportUnknown(_ name: String, at offset: Int) {
    let shown = Printable.text(String(name.prefix(60)))
    if name.hasPrefix("json ") {
      let values = WholeValue.allCases.map(\.rawValue).joined(separator: ", ")
      return report(at: offset, "{{\(shown)}} is unknown: after json comes one of \(values)")
    }
    let known = Placeholder.names.map(\.name) + ["alerts"]
    if let near = suggestion(for: name, among: known) {
      return report(at: offset, "{{\(shown)}} is unknown; did you mean {{\(near)}}?")
    }
    let names = known.joined(separator: ", ")
    report(at: offset, "{{\(shown)}} is unknown: use \(names), labels.NAME, group.NAME or json NAME")
  }
}
