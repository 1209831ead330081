import JSON
import Records

/// Reads what a stream's definition asks of its records, in one pass over each. One thread owns it, and reuses it for all
/// records.
///
/// JSON is read by a `LayoutReader`.
public struct StreamReader: ~Copyable {
  /// What divides the readings.
  enum Divider {
    case nothing
    case key
    case slot(Int)
  }

  /// A count: its slot, nil for the whole value of a text, and what it looks for there.
  struct Condition {
    var slot: Int?
    var check: Check
  }

  /// The definition whose facts it reads.
  public let definition: StreamDefinition
  let conditions: [Condition]
  let measures: [Int]
  let distincts: [Int]
  let timeSlot: Int?
  let divider: Divider

  var layout: LayoutReader
  let keyText = KeyText()
  /// For each count, whether its expression has exceeded its limits since `takeExceeded` was called.
  private var hasExceeded: [Bool]

  /// A reader for `definition`. Throws if one of its expressions isn't one.
  public init(_ definition: StreamDefinition) throws(Expression.Problem) {
    let plan = StreamReader.plan(definition)
    // Each field is in the plan.
    let slot = { (name: String) in plan.slot(of: name) ?? 0 }
    var conditions: [Condition] = []
    for count in definition.counts {
      conditions.append(Condition(slot: count.field.map(slot), check: try Check(count.condition)))
    }
    self.definition = definition
    self.conditions = conditions
    measures = definition.measures.map { slot($0.field) }
    distincts = definition.distincts.map { slot($0.field) }
    timeSlot = definition.time.map(slot)
    divider =
      switch definition.division {
      case nil: .nothing
      case .key: .key
      case .field(let name): .slot(slot(name))
      }
    layout = LayoutReader(plan)
    hasExceeded = Array(repeating: false, count: conditions.count)
  }

  /// The fields that `definition` asks for.
  private static func plan(_ definition: StreamDefinition) -> FieldPlan {
    var numbers = definition.measures.map(\.field)
    var texts = definition.distincts.map(\.field)
    for count in definition.counts {
      guard let field = count.field else { continue }
      if count.condition.looksAtText { texts.append(field) } else { numbers.append(field) }
    }
    if let time = definition.time { texts.append(time) }
    if case .field(let name) = definition.division { texts.append(name) }
    return FieldPlan(fields: numbers, strings: texts, form: .stream(StreamSubject(stream: definition.name)))
  }

  /// The longest text of a division or a distinct value, in bytes; a longer one is cut between two characters.
  public static var longestText: Int { 255 }

  /// Reads one record. `key` and `value` are nil if they are null in Kafka; they aren't needed after the call. `facts`
  /// have room for this definition; those for another get it.
  ///
  /// A JSON record is invalid if it isn't an object by RFC 8259, or has no value, or if the text of a field that the
  /// definition asks for isn't UTF-8. Of two fields of the same name the last one counts. Any text is valid; one that is
  /// null meets no condition.
  public mutating func read(
    key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, into facts: inout RecordFacts
  ) {
    clear(&facts)
    let isValid =
      switch definition.format {
      case .json: value.map { layout.read($0) } == true && settle(into: &facts)
      case .text: readText(value, into: &facts)
      case .none: true
      }
    guard isValid else {
      clear(&facts)
      facts.isInvalid = true
      return
    }
    if case .key = divider { facts.division = key.map { keyText.load($0) } }
  }

  /// The names of the counts whose expressions have exceeded their limits since the last call, each once.
  public mutating func takeExceeded() -> [String] {
    guard hasExceeded.contains(true) else { return [] }
    var names: [String] = []
    for index in hasExceeded.indices where hasExceeded[index] {
      names.append(definition.counts[index].name)
      hasExceeded[index] = false
    }
    return names
  }

  /// Notes the result of the count at `index`; false if its expression has exceeded its limits.
  mutating func note(_ outcome: Expression.Outcome, of index: Int, in facts: inout RecordFacts) -> Bool {
    facts.matches[index] = outcome == .matches
    if outcome == .exceeded { hasExceeded[index] = true }
    return outcome != .exceeded
  }

  /// Empties the facts of the last record.
  private func clear(_ facts: inout RecordFacts) {
    guard facts.matches.count == conditions.count, facts.numbers.count == measures.count,
      facts.texts.count == distincts.count
    else {
      facts = RecordFacts(for: definition)
      return
    }
    facts.isInvalid = false
    facts.time = nil
    facts.division = nil
    for index in facts.matches.indices { facts.matches[index] = false }
    for index in facts.numbers.indices { facts.numbers[index] = nil }
    for index in facts.texts.indices { facts.texts[index] = nil }
  }
}
