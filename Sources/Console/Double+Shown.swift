extension Double {
  /// As short as it reads back: `90`, `97.1`.
  public var shown: String {
    let text = description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
