/// Which fields of a record somebody will ask for: everything else is skipped without being decoded.
///
/// `host`, `timestamp`, `boot_id` and `sequence` are read always, and need no mention here.
public struct FieldPlan: Sendable {
  /// The names, in the order of their slots.
  public let names: [String]
  /// For each slot: whether its text is used, so that one which isn't UTF-8 makes the record bad.
  public let usesText: [Bool]

  /// A plan to read `fields` as numbers and `strings` as text. A name may stand in both, and more than once.
  public init(fields: [String], strings: [String] = []) {
    var names: [String] = []
    for name in fields + strings where !names.contains(where: { FieldPlan.same($0, name) }) { names.append(name) }
    self.names = names
    usesText = names.map { name in strings.contains { FieldPlan.same($0, name) } }
  }

  /// Where the field `name` is found in a reader with this plan; nil: it isn't planned.
  public func slot(of name: String) -> Int? { names.firstIndex { FieldPlan.same($0, name) } }

  /// Names are compared byte for byte: two spellings of one letter are two fields, as in every other JSON reader.
  private static func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
}
