import Glibc

/// A file below the root that couldn't be read, or whose content wasn't recognized.
public struct ProcError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The path that was tried.
  public var path: String
  /// The errno(3) value; 0 if the file was read but its content wasn't recognized.
  public var code: Int32

  /// The failure `code` for `path`.
  public init(path: String, code: Int32) {
    self.path = path
    self.code = code
  }

  /// The reason in words, without the path.
  public var reason: String {
    guard code != 0 else { return "content not recognized" }
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
  }

  /// True if this process or the machine has reached its limit of open files. The file itself may be readable.
  public var lacksDescriptor: Bool { code == EMFILE || code == ENFILE }

  /// The path and the reason.
  public var description: String { "\(path): \(reason)" }
}
