import Glibc

/// The content of the last file read. Starts at 4 KiB and doubles up to `limit` when a file needs it: a machine with
/// thousands of CPUs needs some hundred KiB for `/proc/stat`.
struct ReadBuffer {
  /// The maximum size in bytes; a longer file is truncated.
  static let limit = 1 << 20

  private(set) var storage = [UInt8](repeating: 0, count: 4096)

  /// Doubles the capacity; false at the limit.
  mutating func grow() -> Bool {
    guard storage.count < Self.limit else { return false }
    storage = [UInt8](repeating: 0, count: storage.count * 2)
    return true
  }

  /// Reads from the start of `descriptor`. Returns the number of bytes, or a negated errno(3) value.
  mutating func fill(from descriptor: Int32) -> Int {
    storage.withUnsafeMutableBytes { bytes in
      while true {
        let count = pread(descriptor, bytes.baseAddress, bytes.count, 0)
        if count >= 0 { return count }
        if errno != EINTR { return -Int(errno) }
      }
    }
  }
}

/// A file below the root, opened once and re-read from its start each time. The kernel generates the text again for
/// each read at offset 0, and one read returns one consistent text.
struct ProcFile: ~Copyable {
  let path: String
  /// Its name below the root.
  let name: String
  private let cPath: [CChar]
  private var descriptor: Int32 = -1
  /// The errno(3) value of the last failure; 0 if the last read succeeded.
  private(set) var failure: Int32 = 0

  init(root: String, _ name: String) {
    self.name = name
    path = root.hasSuffix("/") ? root + name : root + "/" + name
    cPath = Array(path.utf8CString)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Reads the file into `buffer`. Returns the number of bytes, 0 if the file is empty, nil if it can't be read (see
  /// `failure`).
  ///
  /// If an open file fails or is empty, it is reopened once: a user-space file system that was restarted answers only
  /// on new descriptors. A missing file is tried again at each call.
  mutating func read(into buffer: inout ReadBuffer) -> Int? {
    if descriptor >= 0 {
      let count = buffer.fill(from: descriptor)
      if count > 0 { return succeeded(count) }
      close(descriptor)
      descriptor = -1
    }
    descriptor = open(cPath, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      failure = errno
      return nil
    }
    let count = buffer.fill(from: descriptor)
    guard count >= 0 else {
      failure = Int32(-count)
      close(descriptor)
      descriptor = -1
      return nil
    }
    return succeeded(count)
  }

  private mutating func succeeded(_ count: Int) -> Int {
    failure = 0
    return count
  }
}
