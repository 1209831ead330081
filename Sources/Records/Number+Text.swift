import Glibc

extension Double {
  /// The text of a measured value in a summary: at most six significant digits, but the whole part is never cut below
  /// 1e15; no trailing zeros. `97.1`, `69.3333`, `17053335552`, `1e+100`.
  public var textOfValue: String {
    // From 999999.5 on, six digits are too few for the whole part.
    magnitude >= 999_999.5 && magnitude < 1e15 ? formatted("%.0f") : formatted("%.6g")
  }

  /// The text of a limit: the shortest that reads as the same double. `90`, `90.125`.
  public var textOfLimit: String {
    let text = description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private func formatted(_ format: String) -> String {
    let value = self == 0 ? 0 : self
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { buffer in
      let count = withVaList([value]) { vsnprintf(buffer.baseAddress, buffer.count, format, $0) }
      return String(decoding: UnsafeRawBufferPointer(buffer).prefix(Int(max(0, count))), as: UTF8.self)
    }
  }
}
