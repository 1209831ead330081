import Records

/// The encoding of a whole rule in the changelog: the values of its keys, without their names.
extension Rule {
  /// Fewer bytes than any rule needs.
  static let leastSize = 16

  func write(to writer: inout BinaryWriter, keys: [RuleKey] = RuleKey.all) {
    for key in RuleKey.encoded(keys, by: RuleKey.version(of: keys)) { key.write(self, to: &writer) }
  }

  /// Reads what `write` wrote in `version`. Keys that came later keep their defaults.
  init(from reader: inout BinaryReader, version: UInt8, keys: [RuleKey] = RuleKey.all) throws(ChangelogProblem) {
    self.init(name: "", metric: "", side: .above, limits: Limits())
    for key in RuleKey.encoded(keys, by: version) { try key.read(into: &self, from: &reader) }
  }
}

extension RuleKey {
  /// The version of the changelog's rules that has all of `keys`. In version 1 the checksum was statusd's own.
  static func version(of keys: [RuleKey]) -> UInt8 { keys.reduce(2) { max($0, $1.since) } }

  /// The keys that `version` has, in the order of their values: later keys stand behind all earlier ones.
  static func encoded(_ keys: [RuleKey], by version: UInt8) -> [RuleKey] {
    (1...version).flatMap { since in keys.filter { $0.since == since } }
  }
}
