import Glibc

extension Double {
  /// As a summary shows a measured value: six significant digits at most, the whole part never cut below 1e15,
  /// no zeros behind the last digit. `97.1`, `69.3333`, `17053335552`, `1e+100`.
  var textOfValue: String {
    // 999999.5 is where six digits begin to lack one before the point.
    magnitude >= 999_999.5 && magnitude < 1e15 ? formatted("%.0f") : formatted("%.6g")
  }

  /// As the rule's author wrote a limit, or shorter: the shortest text that reads as the same double. `90`, `90.125`.
  var textOfLimit: String {
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
