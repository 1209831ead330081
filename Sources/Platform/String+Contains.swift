extension String {
  /// Whether the string contains `part`, byte for byte. Every string contains the empty one.
  ///
  /// Swift's own version pulls in its regular expressions, 0.8 MB of code.
  public func contains(_ part: String) -> Bool {
    let (text, part) = (Array(utf8), Array(part.utf8))
    if part.isEmpty { return true }
    guard text.count >= part.count else { return false }
    return (0...(text.count - part.count)).contains { start in
      text[start] == part[0] && text[start..<(start + part.count)].elementsEqual(part)
    }
  }
}
