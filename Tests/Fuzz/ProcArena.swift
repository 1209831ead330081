import Foundation
import Glibc
import ProcFS
import Records
import TestRandom

/// Trees of /proc, through the sampler: files that change under it, are cut, are gone and are back.
///
/// What must hold: nothing ends the process, and every percentage lies between 0 and 100.
struct ProcArena: Arena {
  static let name = "proc"

  /// By fixture, each file with its contents at each step.
  private let trees: [[(file: String, contents: [[UInt8]])]]
  private let folder: Folder

  init() throws {
    let fixtures = Repository.root.appending(path: "Tests/ProcFSTests/Fixtures")
    let manager = FileManager.default
    trees = try manager.contentsOfDirectory(atPath: fixtures.path).sorted().map { name in
      let root = fixtures.appending(path: name)
      let files = manager.enumerator(atPath: root.appending(path: "t0").path)?.compactMap { $0 as? String } ?? []
      return files.sorted().compactMap { file in
        let contents = (0..<5).compactMap { manager.contents(atPath: root.appending(path: "t\($0)/\(file)").path) }
        return contents.isEmpty ? nil : (file: file, contents: contents.map { Array($0) })
      }
    }
    folder = try Folder()
    for tree in trees { for (file, _) in tree { try folder.makeParent(of: file) } }
  }

  mutating func run(_ random: inout SeededRandom) -> String? {
    let tree = random.pick(trees)
    folder.clear()
    var shown = ""
    for (file, contents) in tree where !random.once(in: 20) { folder.write(contents[0], to: file) }
    guard var sampler = try? Sampler(root: folder.path, ticksPerSecond: 100) else { return nil }
    for _ in 0..<3 {
      for (file, contents) in tree {
        if random.once(in: 30) {
          folder.remove(file)
          continue
        }
        var bytes = random.pick(contents)
        if random.once(in: 2) { bytes = random.broken(bytes, with: Self.pieces) }
        folder.write(bytes, to: file)
        shown += "\n  \(file): \(Fuzz.shown(bytes))"
      }
      if let problem = Self.problem(in: sampler.sample()) { return "\(problem)\(shown)" }
    }
    return nil
  }

  private static func problem(in sample: HostSample) -> String? {
    for (slot, metric) in sample.values.table.metrics.enumerated() {
      guard let value = sample.values[slot] else { continue }
      let isPossible =
        switch metric.unit {
        case .percent: (0...100).contains(value)
        case .tasks, .seconds: value >= 0 && value.isFinite
        case .bytes, .count: value >= 0 && Int64(exactly: value) != nil
        }
      if !isPossible { return "\(metric.name) is \(value)" }
      if "\(metric.name)" == "cpu_count", value < 1 { return "\(value) CPUs" }
    }
    return nil
  }

  private static let pieces: [[UInt8]] = [
    "cpu ", "cpu0 ", "\ncpu", "MemTotal:", "MemFree:", "MemAvailable:", "SwapTotal:", "SwapFree:", " kB", "some ",
    "avg10=", "avg60=", "total=", "full ", " ", "\n", "-", ".", ":", "0 0 0 0 0 0 0 0 0 0",
  ].map { Array($0.utf8) }

  /// A folder of its own, removed in the end.
  private final class Folder {
    let path: String
    private var written: Set<String> = []

    init() throws {
      let url = FileManager.default.temporaryDirectory.appending(path: "statusd-fuzz-proc-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func makeParent(of file: String) throws {
      let parent = URL(fileURLWithPath: "\(path)/\(file)").deletingLastPathComponent()
      try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    }

    func write(_ bytes: [UInt8], to file: String) {
      let descriptor = open("\(path)/\(file)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { return }
      _ = Glibc.write(descriptor, bytes, bytes.count)
      close(descriptor)
      written.insert(file)
    }

    func remove(_ file: String) {
      unlink("\(path)/\(file)")
      written.remove(file)
    }

    func clear() { for file in written { remove(file) } }
  }
}
