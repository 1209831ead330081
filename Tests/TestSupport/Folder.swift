import Foundation

/// A folder that is gone when the last reference is.
public final class Folder {
  /// Where it is.
  public let path: String

  /// Makes it, for this user alone.
  public init() throws {
    let template = FileManager.default.temporaryDirectory.appendingPathComponent("statusd-test-XXXXXX").path
    var bytes = Array(template.utf8CString)
    guard let made = mkdtemp(&bytes) else { throw CocoaError(.fileWriteUnknown) }
    path = String(cString: made)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file, and says its path.
  @discardableResult
  public func write(_ name: String, _ content: [UInt8]) throws -> String {
    try Data(content).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    return "\(path)/\(name)"
  }

  /// Writes a file, and says its path.
  @discardableResult
  public func write(_ name: String, _ content: String) throws -> String { try write(name, Array(content.utf8)) }
}
