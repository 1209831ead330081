/// A pattern over the UTF-8 of a text: `*` matches any number of characters, also none, `?` exactly one. Every other
/// character matches itself; the two can't be escaped.
public struct Glob: Equatable, Sendable {
  private let pattern: [UInt8]

  /// The pattern in `text`; every text is valid.
  public init(_ text: String) { pattern = Array(text.utf8) }

  /// Whether the pattern matches the whole of `text`. The cost is at most pattern times text.
  public func matches(_ text: UnsafeRawBufferPointer) -> Bool {
    var p = 0
    var i = 0
    // Where to resume after the last `*` if the rest doesn't match.
    var resume: (pattern: Int, text: Int)?
    while i < text.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        p += 1
        resume = (p, i)
      } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") {
        p += 1
        i = Glob.next(i, in: text)
      } else if p < pattern.count, pattern[p] == text[i] {
        p += 1
        i += 1
      } else if let last = resume {
        p = last.pattern
        i = Glob.next(last.text, in: text)
        resume = (p, i)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  /// The start of the character after the one at `index`.
  private static func next(_ index: Int, in text: UnsafeRawBufferPointer) -> Int {
    var index = index + 1
    while index < text.count, text[index] & 0xC0 == 0x80 { index += 1 }
    return index
  }
}
