import Glibc
import Platform

/// Reads a whole file, within bounds.
enum SourceFile {
  /// Why a file can't be had, as the rest of a sentence, with what to do.
  struct Problem: Error, Equatable {
    var message: String
  }

  /// The bytes of the file at `path`, `limit` at most. A pipe will do: `--config <(…)`.
  static func read(_ path: String, limit: Int) throws(Problem) -> [UInt8] {
    let descriptor = try open(path)
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw Problem(message: "can't be read: \(reason(errno))")
      }
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer[..<count])
      if bytes.count > limit { throw Problem(message: "is larger than \(Units.text(bytes: Int64(limit)))") }
    }
  }

  /// Whether the file at `path` can be opened for reading; nil: it can.
  static func problem(reading path: String) -> String? {
    do {
      close(try open(path))
      return nil
    } catch {
      return error.message
    }
  }

  private static func open(_ path: String) throws(Problem) -> Int32 {
    if path.utf8.contains(0) { throw Problem(message: "has a name with a zero byte") }
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 {
      let code = errno
      throw Problem(message: code == ENOENT ? "doesn't exist" : "can't be opened: \(reason(code))")
    }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      close(descriptor)
      throw Problem(message: "is a directory, not a file")
    }
    return descriptor
  }

  private static func reason(_ code: Int32) -> String {
    switch code {
    case EACCES, EPERM: "this user may not read it"
    default: SystemError.text(of: code)
    }
  }
}
