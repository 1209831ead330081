import JSON

/// A record's key as text, at most `StreamReader.longestText` bytes of it.
struct KeyText: ~Copyable {
  private let memory: UnsafeMutablePointer<UInt8>

  init() {
    memory = .allocate(capacity: StreamReader.longestText)
    memory.initialize(repeating: 0, count: StreamReader.longestText)
  }

  deinit { memory.deallocate() }

  /// The text of `key`, valid until the next call. U+FFFD stands for what isn't UTF-8, in the places of
  /// `String(decoding:)`; what is too long is cut between two characters.
  func load(_ key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var count = 0
    var index = 0
    while index < key.count {
      let length = Text.sequence(key, at: index)
      guard count + (length > 0 ? length : KeyText.replacement.count) <= StreamReader.longestText else { break }
      if length > 0 {
        for i in 0..<length { memory[count + i] = key[index + i] }
        count += length
        index += length
      } else {
        for (i, byte) in KeyText.replacement.enumerated() { memory[count + i] = byte }
        count += KeyText.replacement.count
        index += KeyText.brokenLength(key, at: index)
      }
    }
    return UnsafeRawBufferPointer(start: memory, count: count)
  }

  private static let replacement = Array("\u{FFFD}".utf8)

  /// The length of the longest part at `index` that begins a well-formed sequence and doesn't end it; 1 if there is none.
  /// (The Unicode Standard, section 3.9: substitution of maximal subparts.)
  private static func brokenLength(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
    let first = bytes[index]
    guard (0xE0...0xF4).contains(first), index + 1 < bytes.count else { return 1 }
    let second = bytes[index + 1]
    let isGood =
      switch first {
      case 0xE0: (0xA0...0xBF).contains(second)
      case 0xED: (0x80...0x9F).contains(second)
      case 0xF0: (0x90...0xBF).contains(second)
      case 0xF4: (0x80...0x8F).contains(second)
      default: second & 0xC0 == 0x80
      }
    if !isGood { return 1 }
    return first >= 0xF0 && index + 2 < bytes.count && bytes[index + 2] & 0xC0 == 0x80 ? 3 : 2
  }
}
