/// The fields of a record that will be used. All others are skipped without being decoded.
///
/// Those that the records' form names (`host`, `timestamp`, `boot_id` and `sequence` of a status record) are always
/// read, and need not be listed.
public struct FieldPlan: Sendable {
  /// Whose records these are, and when.
  public let form: RecordForm
  /// The names, in slot order.
  public let names: [String]
  /// For each slot, whether its text is used. If so, text that isn't UTF-8 makes the record bad.
  public let usesText: [Bool]
  /// For each role, the slot that also reads the text of its field; -1 if there is none.
  private let textSlots: [Int]
  /// What each key means to a reader.
  let keys: KeyTable

  private let slots: [Name: Int]

  /// A name compared byte for byte: two spellings of a letter (Unicode normal forms) are two fields, as in other JSON
  /// readers.
  private struct Name: Hashable {
    let bytes: [UInt8]

    init(_ name: String) { bytes = Array(name.utf8) }
  }

  /// A plan to read `fields` as numbers and `strings` as text. A name may occur in both, and more than once.
  public init(fields: [String], strings: [String] = [], form: RecordForm = .status) {
    self.form = form
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
    var keys = KeyTable()
    var roles = Dictionary(uniqueKeysWithValues: form.roles.map { (Name($0.name), $0.role) })
    for (slot, name) in names.enumerated() {
      let role = roles.removeValue(forKey: Name(name)) ?? .other
      keys.add(name, Separators.Meaning(role: role, slot: Int16(exactly: slot) ?? -1))
      if role != .other, usesText[slot] { textSlots[Int(role.rawValue)] = slot }
    }
    for (name, role) in form.roles where roles[Name(name)] != nil {
      keys.add(name, Separators.Meaning(role: role, slot: -1))
    }
    self.textSlots = textSlots
    self.keys = keys
  }

  /// The slot of the field `name` in readers with this plan; nil if it isn't planned.
  public func slot(of name: String) -> Int? { slots[Name(name)] }

  /// The slot that also reads the text of the field with `role`; nil if there is none.
  func textSlot(of role: Separators.Role) -> Int? {
    let slot = textSlots[Int(role.rawValue)]
    return slot < 0 ? nil : slot
  }
}
