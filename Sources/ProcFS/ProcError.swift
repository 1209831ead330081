import Glibc

/// A file below the root that could not be read, or held nothing that can be understood.
public struct ProcError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The path that was tried.
  public var path: String
  /// Why it failed: an errno(3) value, or 0 where the file was read but held nothing that can be understood.
  public var code: Int32

  /// The failure `code` of `path`.
  public init(path: String, code: Int32) {
    self.path = path
    self.code = code
  }

  /// The reason in words, without the path.
  public var reason: String {
    guard code != 0 else { return "holds nothing that can be understood" }
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
  }

  /// Whether the file itself may be all right: this process, or the machine, has as many files open as it may.
  public var lacksDescriptor: Bool { code == EMFILE || code == ENFILE }

  /// The path and the reason.
  public var description: String { "\(path): \(reason)" }
}
