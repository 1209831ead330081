/// Which fields of a record somebody will ask for: everything else is skipped without being decoded.
///
/// `host`, `timestamp`, `boot_id` and `sequence` are read always, and need no mention here.
public struct FieldPlan: Sendable {
  /// The names, in the order of their slots.
  public let names: [String]
  /// For each slot: whether its text is used, so that one which isn't UTF-8 makes the record bad.
  public let usesText: [Bool]
  /// By role, the slot where the text of the field that has it is read as well; -1: it isn't planned as text.
  private let textSlots: [Int]

  private let slots: [Name: Int]

  /// A name as it is compared, byte for byte: two spellings of one letter are two fields, as in every other JSON reader.
  private struct Name: Hashable {
    let bytes: [UInt8]

    init(_ name: String) { bytes = Array(name.utf8) }
  }

  /// A plan to read `fields` as numbers and `strings` as text. A name may stand in both, and more than once.
  public init(fields: [String], strings: [String] = []) {
    var names: [String] = []
    var slots: [Name: Int] = [:]
    for name in fields + strings where slots[Name(name)] == nil {
      slots[Name(name)] = names.count
      names.append(name)
    }
    let texts = Set(strings.map(Name.init))
    self.names = names
    self.slots = slots
    usesText = names.map { texts.contains(Name($0)) }
    var textSlots = Array(repeating: -1, count: Separators.roleCount)
    for (slot, name) in names.enumerated() where usesText[slot] {
      let role = FieldPlan.role(of: name.utf8)
      if role != .other { textSlots[Int(role.rawValue)] = slot }
    }
    self.textSlots = textSlots
  }

  /// Where the field `name` is found in a reader with this plan; nil: it isn't planned.
  public func slot(of name: String) -> Int? { slots[Name(name)] }

  /// Where the text of the field with `role` is read as a planned one; nil: it isn't planned as text.
  func textSlot(of role: Separators.Role) -> Int? {
    let slot = textSlots[Int(role.rawValue)]
    return slot < 0 ? nil : slot
  }

  /// The role of the field whose name these bytes are.
  static func role(of key: some Collection<UInt8>) -> Separators.Role {
    func isName(_ name: StaticString) -> Bool {
      key.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }
    if isName("host") { return .host }
    if isName("timestamp") { return .timestamp }
    if isName("boot_id") { return .bootID }
    if isName("sequence") { return .sequence }
    return .other
  }
}
