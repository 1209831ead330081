import Glibc

/// Splits a stream of bytes into lines of bounded length.
public struct LineSplitter: Sendable {
  private let limit: Int
  private let leavesOutNUL: Bool
  private var partial: [UInt8] = []
  private var isCutting = false
  /// The number of lines that exceeded the limit and were truncated.
  public private(set) var cut = 0
  /// The number of NUL bytes that were left out.
  public private(set) var nulCount = 0

  /// - Parameters:
  ///   - limit: the maximum length of a line in bytes, without its end; at least 1.
  ///   - leavesOutNUL: whether to remove NUL bytes, which text doesn't contain: after logrotate has truncated a log
  ///     (`copytruncate`), it begins with as many of them as it had bytes before.
  public init(limit: Int, leavesOutNUL: Bool = false) {
    self.limit = max(1, limit)
    self.leavesOutNUL = leavesOutNUL
  }

  /// Calls `body` for each line that ends in `bytes`, without its line end (`\n` or `\r\n`). The line is valid during
  /// the call.
  public mutating func take(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    var start = 0
    while let end = bytes.first(UInt8(ascii: "\n"), from: start) {
      let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      if partial.isEmpty, !isCutting, line.count <= limit, !leavesOutNUL || line.first(0, from: 0) == nil {
        give(line, body)
      } else {
        append(line)
        finish(body)
      }
      start = end + 1
    }
    append(UnsafeRawBufferPointer(rebasing: bytes[start...]))
  }

  /// Ends the stream: the bytes after the last line end are a line, too.
  public mutating func end(_ body: (UnsafeRawBufferPointer) -> Void) {
    if !partial.isEmpty || isCutting { finish(body) }
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard leavesOutNUL else { return appendAsItStands(bytes) }
    var start = 0
    while let hole = bytes.first(0, from: start) {
      appendAsItStands(UnsafeRawBufferPointer(rebasing: bytes[start..<hole]))
      start = bytes[hole...].firstIndex { $0 != 0 } ?? bytes.count
      nulCount += start - hole
    }
    appendAsItStands(UnsafeRawBufferPointer(rebasing: bytes[start...]))
  }

  private mutating func appendAsItStands(_ bytes: UnsafeRawBufferPointer) {
    guard !isCutting else { return }
    let room = limit - partial.count
    partial.append(contentsOf: bytes.prefix(room))
    if bytes.count > room {
      isCutting = true
      cut += 1
    }
  }

  private mutating func finish(_ body: (UnsafeRawBufferPointer) -> Void) {
    partial.withUnsafeBytes { give($0, body) }
    partial.removeAll(keepingCapacity: true)
    isCutting = false
  }

  private func give(_ line: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    body(line.last == UInt8(ascii: "\r") ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line)
  }
}

extension UnsafeRawBufferPointer {
  /// The first position of `byte` at or after `start`; nil if there is none. (memchr(3) is ten times as fast as a
  /// loop.)
  fileprivate func first(_ byte: UInt8, from start: Int) -> Int? {
    guard start < count, let base = baseAddress, let found = memchr(base + start, Int32(byte), count - start) else {
      return nil
    }
    return UnsafeRawPointer(found) - base
  }
}
