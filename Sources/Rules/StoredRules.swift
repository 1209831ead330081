import Records

/// The rules that were in effect in a partition, as the changelog stores them: enough to continue under them without
/// their file, and to know which lives of the current rules go on from them.
public struct StoredRules: Sendable {
  /// The rules.
  public let rules: RuleSet
  /// The instance of the evaluator that put them into effect.
  public let instance: String
  let numbers: RuleNumbers

  /// The number of this rule set in the partition: one more than its predecessor's.
  public var revision: UInt32 { numbers.revision }

  /// `rules` with their numbers, put into effect by `instance`.
  init(rules: RuleSet, numbers: RuleNumbers, instance: String) {
    self.rules = rules
    self.numbers = numbers
    self.instance = instance
  }

  private static let version = RuleKey.version(of: RuleKey.all)

  /// Writes the value; `key` is the key of its record.
  public func write(to writer: inout BinaryWriter, key: UnsafeRawBufferPointer) {
    writer.byte(StoredRules.version)
    writer.text(instance)
    writer.unsigned(UInt64(numbers.revision))
    writer.unsigned(UInt64(numbers.next))
    rules.bounds.write(to: &writer)
    writer.count(rules.rules.count)
    for (index, rule) in rules.rules.enumerated() {
      writer.unsigned(UInt64(numbers.lives[index]))
      writer.unsigned(UInt64(numbers.tracks[index]))
      rule.write(to: &writer)
    }
    writer.seal(for: key)
  }

  /// Reads the rules from `value` under `key`.
  public init(_ value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) throws(ChangelogProblem) {
    var (version, reader) = try BinaryReader.sealed(value, for: key, version: StoredRules.version, checksumSince: 2)
    instance = try reader.text("instance")
    let revision = try reader.number32("revision")
    let next = try reader.number32("number")
    guard revision > 0, max(revision, next) <= RuleNumbers.limit else { throw .impossible("revision") }
    let bounds = try RuleSet.Bounds(from: &reader)
    let count = try reader.count(ofSize: Rule.leastSize)
    var rules: [Rule] = []
    var lives: [UInt32] = []
    var seen = Set<UInt32>()
    var tracks: [UInt32] = []
    for _ in 0..<count {
      let life = try reader.number32("life")
      guard life < next, seen.insert(life).inserted else { throw .impossible("life") }
      lives.append(life)
      let track = try reader.number32("track")
      guard track < next else { throw .impossible("track") }
      tracks.append(track)
      rules.append(try Rule(from: &reader, version: version))
    }
    try reader.end()
    let numbers = RuleNumbers(revision: revision, lives: lives, tracks: tracks, next: next)
    for group in numbers.groups {
      let key = rules[group[0]].trackKey
      guard group.allSatisfy({ rules[$0].trackKey == key }) else { throw .impossible("track") }
    }
    self.rules = RuleSet(rules, bounds: bounds)
    self.numbers = numbers
  }
}

extension RuleSet {
  /// The maximum size of key and value of these rules in the changelog, in bytes, if `instance` puts them into effect.
  /// Their numbers there grow with each change.
  public func greatestStoredSize(instance: String) -> Int {
    let numbers = RuleNumbers(
      revision: RuleNumbers.limit, lives: Array(repeating: RuleNumbers.limit, count: rules.count),
      tracks: Array(repeating: RuleNumbers.limit, count: rules.count), next: RuleNumbers.limit)
    var value = BinaryWriter()
    [UInt8]().withUnsafeBytes { key in
      StoredRules(rules: self, numbers: numbers, instance: instance).write(to: &value, key: key)
    }
    return value.bytes.count + RuleSet.greatestKeySize
  }

  /// Two names of 255 bytes, their lengths, and the rest.
  private static let greatestKeySize = 530
}

extension RuleSet.Bounds {
  fileprivate func write(to writer: inout BinaryWriter) {
    writer.count(maxSamples)
    writer.signed(forgetAfter.wholeMilliseconds)
  }

  fileprivate init(from reader: inout BinaryReader) throws(ChangelogProblem) {
    self.init()
    maxSamples = Int(try reader.number32("max_samples"))
    let milliseconds = try reader.signed()
    guard (1...(1 << 50)).contains(milliseconds) else { throw .impossible("forget_after") }
    forgetAfter = .milliseconds(milliseconds)
  }
}
