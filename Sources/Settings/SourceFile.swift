import Glibc
import Platform

/// Reads a whole file, within bounds of size and of time.
package enum SourceFile {
  /// Why a file can't be read, as the rest of a sentence.
  package struct Problem: Error, Equatable {
    package var message: String
  }

  /// The bytes of a file, and who may read it.
  package struct Content {
    package var bytes: [UInt8]
    /// Whether every user of the machine may read it.
    package var isOpenToAll: Bool
  }

  /// How long to wait for a pipe, in milliseconds.
  package static let patience: Int32 = 10_000

  /// The content of the file at `path`, at most `limit` bytes. It may be a pipe, as in `--config <(…)`, if it sends
  /// data.
  package static func read(
    _ path: String, limit: Int, patience: Int32 = patience
  ) throws(Problem) -> Content {
    let (descriptor, status) = try open(path)
    defer { close(descriptor) }
    let isFile = status.st_mode & S_IFMT == S_IFREG
    return Content(
      bytes: try read(descriptor, limit: limit, patience: isFile ? 0 : patience),
      isOpenToAll: isFile && isOpenToAll(path, status))
  }

  /// The content of a file with a secret. It must be a regular file, because OpenSSL would wait for a pipe without
  /// limit.
  static func readSecret(_ path: String, limit: Int) throws(Problem) -> Content {
    let (descriptor, status) = try openFile(path)
    defer { close(descriptor) }
    return Content(
      bytes: try read(descriptor, limit: limit, patience: 0), isOpenToAll: isOpenToAll(path, status))
  }

  /// Whether every user of the machine may read the file at `path`.
  ///
  /// - Throws: why it can't be opened for reading.
  static func isOpenToAll(_ path: String) throws(Problem) -> Bool {
    let (descriptor, status) = try openFile(path)
    close(descriptor)
    return isOpenToAll(path, status)
  }

  private static func read(_ descriptor: Int32, limit: Int, patience: Int32) throws(Problem) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      if patience > 0 {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        if poll(&polled, 1, patience) == 0 {
          throw Problem(message: "is a pipe that no process writes to")
        }
      }
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 {
        if errno == EINTR || (errno == EAGAIN && patience > 0) { continue }
        throw Problem(message: "can't be read: \(reason(errno))")
      }
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer[..<count])
      if bytes.count > limit { throw Problem(message: "is larger than \(Units.text(bytes: Int64(limit)))") }
    }
  }

  private static func openFile(_ path: String) throws(Problem) -> (descriptor: Int32, status: stat) {
    let (descriptor, status) = try open(path)
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw Problem(message: "is a pipe or a device, not a file")
    }
    return (descriptor, status)
  }

  private static func open(_ path: String) throws(Problem) -> (descriptor: Int32, status: stat) {
    if path.utf8.contains(0) { throw Problem(message: "has a name with a zero byte") }
    // Without O_NONBLOCK, opening a pipe without a writer blocks.
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 {
      let code = errno
      throw Problem(message: code == ENOENT ? "doesn't exist" : "can't be opened: \(reason(code))")
    }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      close(descriptor)
      throw Problem(message: "is a directory, not a file")
    }
    return (descriptor, status)
  }

  /// Whether every user may read the file. False if they can't enter one of its folders.
  private static func isOpenToAll(_ path: String, _ status: stat) -> Bool {
    guard status.st_mode & S_IROTH != 0, let resolved = realpath(path, nil) else { return false }
    defer { free(resolved) }
    var folder = Substring(String(cString: resolved))
    while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
      folder = folder[..<slash]
      var status = stat()
      if stat(String(folder), &status) != 0 || status.st_mode & S_IXOTH == 0 { return false }
    }
    return true
  }

  private static func reason(_ code: Int32) -> String {
    switch code {
    case EACCES, EPERM: "this user may not read it"
    default: SystemError.text(of: code)
    }
  }
}
