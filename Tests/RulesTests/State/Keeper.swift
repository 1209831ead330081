import Records

@testable import Rules

/// The changelog partition of a story, from which an engine can be restored.
struct Keeper {
  static let scope = ChangelogScope(group: "status_group", topic: "status_topic")

  /// The last value of each key, without tombstones.
  private(set) var records: [[UInt8]: [UInt8]] = [:]
  /// The number of checkpoints, chunks and tombstones written.
  private(set) var written = 0
  private(set) var marker = Marker(position: 0, rulesRevision: 1)
  /// The planted bug; nil if there is none.
  private let mistake: PlantedMistake?
  /// The maximum number of subjects of a restored engine; nil if there is no limit.
  private let limit: Int?

  init(mistake: PlantedMistake? = nil, limit: Int? = nil) {
    self.mistake = mistake
    self.limit = limit
  }

  /// Writes what `engine` must write at `position`, and up to `limit` subjects that changed before `time`.
  mutating func deliver(
    _ engine: Engine, position: Int64, changedBefore time: Int64 = .min, limit: Int = .max, isReload: Bool = false
  ) {
    let stamp = mistake == .stampedLate ? position + 1 : position
    func write(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) {
      if isReload, mistake == .reloadUnwritten { return }
      if value == nil, mistake == .goneKept { return }
      if mistake == .chunkMissing, key.first == UInt8(ascii: "w") { return }
      records[Array(key)] = value.map { Array($0) }
      written += 1
    }
    engine.takeCheckpoints(position: stamp, changedBefore: time, limit: limit, scope: Keeper.scope, into: write)
    marker = engine.marker(position: position)
    engine.takeForgotten(scope: Keeper.scope, into: write)
    if mistake == .lowWaterTooHigh { marker.lowWater = min(marker.lowWater + 1, position) }
    if mistake == .laterLogTime { marker.lowWaterLogTime = marker.logTime }
    if mistake == .keylessForgotten { marker.keylessFrom = nil }
    if mistake == .refusalForgotten { marker.refusedSince = nil }
    var key = BinaryWriter()
    Keeper.scope.writeRulesKey(of: 3, to: &key)
    var value = BinaryWriter()
    var stored = engine.storedRules(instance: "here")
    if mistake == .livesRenumbered { stored = stored.renumbered }
    key.bytes.withUnsafeBytes { stored.write(to: &value, key: $0) }
    records[key.bytes] = value.bytes
    key.reset()
    value.reset()
    Keeper.scope.writeMarkerKey(of: 3, to: &key)
    key.bytes.withUnsafeBytes { marker.write(to: &value, key: $0) }
    records[key.bytes] = value.bytes
  }

  /// The checkpoint of a subject; nil if there is none.
  func checkpoint(of subject: String) -> [UInt8]? { records[Keeper.key(of: subject)] }

  /// Replaces the value of a key.
  mutating func put(_ value: [UInt8]?, under key: [UInt8]) { records[key] = value }

  static func key(of subject: String) -> [UInt8] {
    var writer = BinaryWriter()
    var subject = subject
    subject.withUTF8 { scope.writeCheckpointKey(of: UnsafeRawBufferPointer($0), to: &writer) }
    return writer.bytes
  }

  static func chunkKey(of subject: String, track: UInt32, number: UInt64) -> [UInt8] {
    var writer = BinaryWriter()
    var subject = subject
    subject.withUTF8 {
      scope.writeChunkKey(of: UnsafeRawBufferPointer($0), track: track, number: number, to: &writer)
    }
    return writer.bytes
  }

  /// A restored engine before its replay. The problems of chunks and checkpoints are added to `problems`.
  func restored(_ problems: inout [ChangelogProblem]) throws(ChangelogProblem) -> Engine {
    var marker: Marker?
    var rules: StoredRules?
    for (key, value) in records {
      switch try read(key) {
      case .marker:
        marker = try Keeper.with(value, key) { value, key throws(ChangelogProblem) in try Marker(value, key: key) }
      case .rules:
        rules = try Keeper.with(value, key) { value, key throws(ChangelogProblem) in try StoredRules(value, key: key) }
      default: break
      }
    }
    guard let marker, let rules, marker == self.marker else { throw .impossible("changelog of this test") }
    let engine = Engine(
      stored: rules, marker: marker, topic: "status_topic", partition: 3, room: SubjectRoom(limit: limit))
    for (key, value) in records {
      guard case .chunk(let subject, let track, let number) = try read(key) else { continue }
      do throws(ChangelogProblem) {
        try Keeper.with(value, key) { value, key throws(ChangelogProblem) in
          try engine.restoreChunk(subject: subject, track: track, number: number, key: key, value: value)
        }
      } catch {
        problems.append(error)
      }
    }
    for (key, value) in records {
      guard case .checkpoint(let subject) = try read(key) else { continue }
      do throws(ChangelogProblem) {
        try Keeper.with(value, key) { value, key throws(ChangelogProblem) in
          try engine.restore(subject: subject, key: key, value: value)
        }
      } catch {
        problems.append(error)
      }
    }
    return engine
  }

  /// The same if no problem is allowed.
  func restored() throws(ChangelogProblem) -> Engine {
    var problems: [ChangelogProblem] = []
    let engine = try restored(&problems)
    if let first = problems.first { throw first }
    return engine
  }

  private func read(_ key: [UInt8]) throws(ChangelogProblem) -> ChangelogKey {
    try key.withUnsafeBytes { key in
      Result { () throws(ChangelogProblem) in try Keeper.scope.read(key) }
    }.get()
  }

  private static func with<Value>(
    _ value: [UInt8], _ key: [UInt8],
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(ChangelogProblem) -> Value
  ) throws(ChangelogProblem) -> Value {
    try value.withUnsafeBytes { value in
      key.withUnsafeBytes { key in
        Result { () throws(ChangelogProblem) in try body(value, key) }
      }
    }.get()
  }
}

extension StoredRules {
  /// The same rules, each with its place as the number of its life.
  fileprivate var renumbered: StoredRules {
    var numbers = numbers
    numbers.lives = rules.rules.indices.map { UInt32($0 + 1) }
    return StoredRules(rules: rules, numbers: numbers, instance: instance)
  }
}
