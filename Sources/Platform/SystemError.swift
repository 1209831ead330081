import Glibc

/// A failed call of the C library, with its errno(3).
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The function's name: `eventfd`.
  public let call: String
  /// The value of errno(3).
  public let code: Int32

  /// Records that `call` failed just now. `code` defaults to the current errno.
  public init(call: String, code: Int32 = errno) {
    self.call = call
    self.code = code
  }

  /// `eventfd: Too many open files`.
  public var description: String { "\(call): \(SystemError.text(of: code))" }

  /// strerror(3) of `code`, thread-safe.
  public static func text(of code: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let base = buffer.baseAddress, strerror_r(code, base, buffer.count) == 0 else { return "error \(code)" }
      return String(cString: base)
    }
  }

}
