import Foundation

/// Files of the repository that must agree with the code.
enum Repository {
  /// The text of the file at `path`, relative to the repository's root.
  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}
