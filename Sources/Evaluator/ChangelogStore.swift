import Records

/// The newest record of each key in one partition's part of the changelog. It is filled while the changelog is read,
/// and used at its end, because a checkpoint's meaning depends on rules that may come after it.
///
/// Bounded by the state of one partition: one partition is restored at a time.
struct ChangelogStore: ~Copyable, ChangelogReceiver {
  /// A record's value and offset.
  struct Kept {
    var value: [UInt8]
    var offset: Int64
  }

  /// A record that can't be used.
  struct Problem: Equatable {
    var problem: ChangelogProblem
    var offset: Int64
  }

  let scope: ChangelogScope
  let partition: Int32
  /// The newest marker and rule set, with their keys.
  private(set) var marker: (key: [UInt8], kept: Kept)?
  private(set) var rules: (key: [UInt8], kept: Kept)?
  /// The newest checkpoints and chunks, by their keys.
  private(set) var checkpoints: [[UInt8]: Kept] = [:]
  private(set) var chunks: [[UInt8]: Kept] = [:]
  /// The newest states of consumer groups, by their keys.
  private(set) var groups: [[UInt8]: Kept] = [:]
  /// The number of keys of this group that can't be read; the first one is kept for the log.
  private(set) var unreadableKeys = 0
  private(set) var firstUnreadable: Problem?
  /// Records that were read.
  private(set) var count = 0

  init(_ scope: ChangelogScope, partition: Int32) {
    self.scope = scope
    self.partition = partition
  }

  /// The position of the partition's marker, as far as was read; nil if there is no usable marker.
  var position: Int64? {
    guard let (key, kept) = marker else { return nil }
    return key.withUnsafeBytes { key in
      kept.value.withUnsafeBytes { value in (try? Marker(value, key: key))?.position }
    }
  }

  mutating func receive(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?, at offset: Int64) {
    count += 1
    let kept = value.map { Kept(value: Array($0), offset: offset) }
    do throws(ChangelogProblem) {
      switch try scope.read(key) {
      case .checkpoint: checkpoints[Array(key)] = kept
      case .chunk: chunks[Array(key)] = kept
      case .group: groups[Array(key)] = kept
      case .marker(let number) where number == partition: marker = kept.map { (Array(key), $0) }
      case .rules(let number) where number == partition: rules = kept.map { (Array(key), $0) }
      case .marker, .rules: break
      }
    } catch {
      if error == .foreign { return }
      unreadableKeys += 1
      if firstUnreadable == nil { firstUnreadable = Problem(problem: error, offset: offset) }
    }
  }
}
