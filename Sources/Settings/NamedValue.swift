import Platform

/// A named value in the document: reads it as the wanted type, and points complaints at it.
package struct NamedValue {
  let reading: DocumentReading
  package let node: Int
  /// `agent.interval`
  package let name: String

  package init(reading: DocumentReading, node: Int, name: String) {
    self.reading = reading
    self.node = node
    self.name = name
  }

  private var value: Document.Value { reading.document.nodes[node].value }

  /// Complains about the value.
  package func complain(_ message: @autoclosure () -> String, _ weight: Complaint.Weight = .mistake) {
    reading.complain(at: reading.document.nodes[node].position, "\(name): \(message())", weight)
  }

  /// Complains that the value is of another type.
  package func complainOfType(_ wanted: String) { complain("that is \(value.kind): \(wanted)") }

  /// The text as it is written. Complains about zero bytes, because C functions would cut the text there.
  package func rawText(_ wanted: String) -> String? {
    guard case .string(let text) = value else {
      complainOfType(wanted)
      return nil
    }
    if text.utf8.contains(0) {
      complain("it contains a zero byte; remove \\u0000")
      return nil
    }
    return text
  }

  /// The text with its variables replaced.
  func expanded(_ wanted: String) -> Expansion? {
    guard let raw = rawText(wanted) else { return nil }
    return expand(raw)
  }

  /// `text` with its variables replaced.
  func expand(_ text: String) -> Expansion? {
    do {
      return try Expansion(text) { reading.surroundings.variable($0).map(NamedValue.withoutLineEnd) }
    } catch {
      switch error {
      case .unset("CREDENTIALS_DIRECTORY"):
        complain(
          "the variable CREDENTIALS_DIRECTORY isn't set; systemd sets it for a unit with LoadCredential=; without "
            + "systemd, set it to the folder of the file")
      case .unset(let variable):
        complain(
          "the variable \(variable) isn't set; set it in the environment of \(reading.surroundings.program), or write the value here"
        )
      case .malformed: complain("write a variable as ${NAME}, and the two characters ${ as $${")
      }
      return nil
    }
  }

  /// Drops a line end after the value of a variable, as in a file: variables filled from a file often keep it.
  private static func withoutLineEnd(_ text: String) -> String {
    var bytes = text.utf8[...]
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A text; `problem` returns what is wrong with it, or nil.
  package func text(problem: (String) -> String?) -> String? {
    guard let expansion = expanded("write a text in quotes") else { return nil }
    guard let problem = problem(expansion.value) else { return expansion.value }
    let origin = expansion.variables.isEmpty ? "" : " (with \(expansion.variables.joined(separator: ", ")) replaced)"
    complain(problem + origin)
    return nil
  }

  /// Texts in brackets, as they are written; `problem` returns what is wrong with one, or nil. nil if any has a problem,
  /// or there are more than `most`.
  func texts(_ wanted: String, most: Int, problem: (String) -> String?) -> [String]? {
    guard case .array = value else {
      complainOfType(wanted)
      return nil
    }
    let children = reading.document.nodes[node].children
    if children.count > most { complain("there are \(children.count): the maximum is \(most)") }
    let texts = children.compactMap { child in
      let place = NamedValue(reading: reading, node: child, name: name)
      guard let text = place.rawText(wanted) else { return nil as String? }
      guard let problem = problem(text) else { return text }
      place.complain(problem)
      return nil
    }
    return texts.count == children.count && texts.count <= most ? texts : nil
  }

  /// One of `words`.
  package func word(of words: [String]) -> String? {
    let list = words.joined(separator: ", ")
    guard let expansion = expanded("write one of \(list)") else { return nil }
    if words.contains(expansion.value) { return expansion.value }
    func advice() -> String {
      suggestion(for: expansion.value, among: words).map { "did you mean \"\($0)\"? Write" } ?? "write"
    }
    complain("unknown word; \(advice()) one of \(list)")
    return nil
  }

  /// `true` or `false`.
  func boolean() -> Bool? {
    if case .boolean(let boolean) = value { return boolean }
    complainOfType("write true or false, without quotes")
    return nil
  }

  /// A whole number within `range`.
  package func integer(_ range: ClosedRange<Int64>) -> Int64? {
    guard case .integer(let number) = value else {
      complainOfType("write a whole number without quotes")
      return nil
    }
    if range.contains(number) { return number }
    complain("it must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    return nil
  }

  /// A number, whole or not; TOML's `nan` and `inf` are refused.
  package func number() -> Double? {
    switch value {
    case .integer(let number): return Double(number)
    case .real(let number) where number.isFinite: return number
    case .real: complain("nan and inf are no limits: write a number")
    default: complainOfType("write a number without quotes")
    }
    return nil
  }

  /// A duration within `range`.
  package func duration(_ range: ClosedRange<Duration>) -> Duration? {
    let wanted = "write a duration in quotes, such as \"30s\""
    guard case .string = value else {
      complainOfType(wanted)
      return nil
    }
    guard let text = expanded(wanted)?.value else { return nil }
    guard let duration = Duration(text: text) else {
      complain(Units.problem(ofDuration: text))
      return nil
    }
    if range.contains(duration) { return duration }
    if duration < range.lowerBound {
      complain("that is too short: the minimum is \(range.lowerBound.text)")
    } else {
      complain("that is too long: the maximum is \(range.upperBound.text)")
    }
    return nil
  }

  /// `end`, `beginning`, or a duration.
  func start() -> Settings.Start? {
    let wanted = "write \"end\", \"beginning\", or a duration, such as \"1h\""
    guard let text = expanded(wanted)?.value else { return nil }
    switch text {
    case "end": return .end
    case "beginning": return .beginning
    default:
      guard let duration = Duration(text: text) else {
        let isDuration = text.utf8.first.map { (0x30...0x39).contains($0) } ?? false
        complain(isDuration ? Units.problem(ofDuration: text) : "unknown word; \(wanted)")
        return nil
      }
      if duration <= .seconds(365 * 86_400) { return .ago(duration) }
      complain("that is too long: the maximum is 365d; \"beginning\" means all records")
      return nil
    }
  }

  /// A size in bytes within `range`.
  func size(_ range: ClosedRange<Int64>) -> Int64? {
    guard let text = expanded("write a size in quotes, such as \"64MiB\"")?.value else { return nil }
    guard let bytes = Units.bytes(text) else {
      complain("that is no size: write one whole number with KiB, MiB or GiB, such as \"64MiB\"")
      return nil
    }
    if range.contains(bytes) { return bytes }
    complain("it must be from \(Units.text(bytes: range.lowerBound)) to \(Units.text(bytes: range.upperBound))")
    return nil
  }

  /// Whether the value is `accepted`.
  func holds(_ accepted: Key.Written) -> Bool {
    switch (value, accepted) {
    case (.string(let text), .text(let other)): text == other
    case (.integer(let number), .integer(let other)): number == other
    default: false
    }
  }
}

extension Document.Value {
  /// The type, for complaints.
  var kind: String {
    switch self {
    case .table: "a table"
    case .array: "an array"
    case .dateTime: "a date or time"
    case .string: "a text"
    case .integer: "a whole number"
    case .real: "a number"
    case .boolean: "true or false"
    }
  }
}
