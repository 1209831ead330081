extension String {
  /// Whether `part` stands in it, byte for byte; the empty text stands in every one.
  ///
  /// Swift's own is part of its regular expressions, 0.8 MB of code that statusd, with this, doesn't hold.
  public func contains(_ part: String) -> Bool {
    let (text, part) = (Array(utf8), Array(part.utf8))
    if part.isEmpty { return true }
    guard text.count >= part.count else { return false }
    return (0...(text.count - part.count)).contains { start in
      text[start] == part[0] && text[start..<(start + part.count)].elementsEqual(part)
    }
  }
}
