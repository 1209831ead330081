import Foundation
import Testing

@testable import ProcFS

/// A copy of a fixture tree. Its files are rewritten in place, as /proc's files change while they are open.
final class FixtureTree {
  let root: URL
  private let source: URL

  /// The files of step 0 of `Fixtures/NAME`.
  init(_ name: String) throws {
    source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
    root = FileManager.default.temporaryDirectory.appending(path: "statusd-procfs-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: source.appending(path: "t0"), to: root)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  /// Overwrites the files with those of step `index`.
  func step(_ index: Int) throws {
    let folder = source.appending(path: "t\(index)")
    for case let file as String in try #require(FileManager.default.enumerator(atPath: folder.path)) {
      guard let data = FileManager.default.contents(atPath: folder.appending(path: file).path) else { continue }
      try write(data, to: file)
    }
  }

  /// Replaces the content of `file` by `text`, in place.
  func write(_ text: String, to file: String) throws { try write(Data(text.utf8), to: file) }

  func read(_ file: String) throws -> String { try String(contentsOf: root.appending(path: file), encoding: .utf8) }

  func remove(_ file: String) throws { try FileManager.default.removeItem(at: root.appending(path: file)) }

  private func write(_ data: Data, to file: String) throws {
    let path = root.appending(path: file).path
    if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(fileURLWithPath: path)) }
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.write(contentsOf: data)
    try handle.truncate(atOffset: UInt64(data.count))
    try handle.close()
  }

  /// A sampler of the tree, with 100 ticks a second.
  func sampler() throws -> Sampler { try Sampler(root: root.path, ticksPerSecond: 100) }
}

extension HostSample {
  /// The value of the metric `name`.
  subscript(name: String) -> Double? {
    let slot = values.table.metrics.firstIndex { "\($0.name)" == name }
    return slot.flatMap { values[$0] }
  }
}

/// Equal within a thousandth; nil equals only nil.
func near(_ a: Double?, _ b: Double?) -> Bool {
  guard let a, let b else { return a == nil && b == nil }
  return abs(a - b) < 0.001
}

/// Parses the bytes of `text`.
func parsing<Value>(_ text: String, _ parser: (Span<UInt8>) -> Value) -> Value {
  parser(Array(text.utf8).span)
}
