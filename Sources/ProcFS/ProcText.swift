import Glibc

/// Parsing steps over the text of /proc. Each takes the bytes and an index, and advances the index only if it matches.
enum ProcText {
  /// Skips spaces and tabs.
  static func blanks(_ bytes: Span<UInt8>, _ i: inout Int) {
    while i < bytes.count, bytes[i] == UInt8(ascii: " ") || bytes[i] == UInt8(ascii: "\t") { i += 1 }
  }

  /// Parses a decimal integer; nil if there is no digit. A value beyond UInt64 becomes `UInt64.max`.
  static func integer(_ bytes: Span<UInt8>, _ i: inout Int) -> UInt64? {
    var value: UInt64 = 0
    var overflow = false
    let start = i
    while i < bytes.count, bytes[i] &- UInt8(ascii: "0") < 10 {
      let (tens, o1) = value.multipliedReportingOverflow(by: 10)
      let (sum, o2) = tens.addingReportingOverflow(UInt64(bytes[i] &- UInt8(ascii: "0")))
      overflow = overflow || o1 || o2
      value = sum
      i += 1
    }
    return i == start ? nil : overflow ? UInt64.max : value
  }

  /// Parses a number with at most two decimals, as the kernel writes loads, times and pressures. Returns it in
  /// hundredths; nil if it has another form, or exceeds 2^53 hundredths, which a double can't hold exactly.
  static func hundredths(_ bytes: Span<UInt8>, _ i: inout Int) -> UInt64? {
    var j = i
    guard let whole = integer(bytes, &j), whole < (1 << 53) / 100 else { return nil }
    var value = whole * 100
    if j < bytes.count, bytes[j] == UInt8(ascii: ".") {
      j += 1
      let start = j
      guard let fraction = integer(bytes, &j), j - start <= 2 else { return nil }
      value += j - start == 2 ? fraction : fraction * 10
    }
    i = j
    return value
  }

  /// Matches exactly `word`.
  static func word(_ word: StaticString, _ bytes: Span<UInt8>, _ i: inout Int) -> Bool {
    word.withUTF8Buffer { wanted in
      guard i <= bytes.count - wanted.count else { return false }
      for k in 0..<wanted.count where bytes[i + k] != wanted[k] { return false }
      i += wanted.count
      return true
    }
  }

  /// The index of the next newline at or after `i`; nil if there is none.
  static func lineEnd(_ bytes: Span<UInt8>, from i: Int) -> Int? {
    bytes.withUnsafeBytes { all in
      guard i < all.count, let start = all.baseAddress else { return nil }
      guard let found = memchr(start + i, Int32(UInt8(ascii: "\n")), all.count - i) else { return nil }
      return found - UnsafeMutableRawPointer(mutating: start)
    }
  }

  /// Whether the number that ends before `i` is complete, because a separator follows. At the end of a truncated file
  /// its last digits may be missing.
  static func isSeparator(_ bytes: Span<UInt8>, _ i: Int) -> Bool {
    i < bytes.count
      && (bytes[i] == UInt8(ascii: " ") || bytes[i] == UInt8(ascii: "\t") || bytes[i] == UInt8(ascii: "\n"))
  }
}
