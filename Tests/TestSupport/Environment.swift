import Foundation

/// The value of an environment variable, nil where it is unset or empty.
public func environment(_ name: String) -> String? {
  ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
}

/// The folder of `Package.swift`.
public let packageRoot: String = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().path

/// A name that no other test, run or process uses: for topics, groups and subjects.
public func uniqueName(_ prefix: String = "test") -> String {
  "\(prefix)-\(UUID().uuidString.prefix(13).lowercased())"
}

/// A folder of a test's own, deleted with everything in it when the last reference goes.
public final class TemporaryDirectory: Sendable {
  /// Its absolute path.
  public let path: String

  /// Makes it, under TMPDIR.
  public init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(uniqueName("statusd"))
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes `text` to the file `name` in it, folders on the way included; returns the file's path.
  @discardableResult
  public func write(_ text: String, to name: String) throws -> String {
    let url = URL(fileURLWithPath: path).appendingPathComponent(name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try text.write(to: url, atomically: true, encoding: .utf8)
    return url.path
  }
}
