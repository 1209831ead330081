/// Cuts a stream of bytes into lines of bounded length.
public struct LineSplitter: Sendable {
  private let limit: Int
  private var partial: [UInt8] = []
  private var isCutting = false
  /// How many lines were longer than the bound; what was behind it is gone.
  public private(set) var cut = 0

  /// - Parameter limit: the longest line, in bytes, without its end; 1 at least.
  public init(limit: Int) { self.limit = max(1, limit) }

  /// Calls `body` for each line that `bytes` end, without its line end (`\n` or `\r\n`), which is valid during the call.
  public mutating func take(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let line = rest[..<end]
      if partial.isEmpty, !isCutting, line.count <= limit {
        give(UnsafeRawBufferPointer(rebasing: line), body)
      } else {
        append(line)
        finish(body)
      }
      rest = rest[(end + 1)...]
    }
    append(rest)
  }

  /// The stream has ended: what came behind the last line end is a line, too.
  public mutating func end(_ body: (UnsafeRawBufferPointer) -> Void) {
    if !partial.isEmpty || isCutting { finish(body) }
  }

  private mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>) {
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
