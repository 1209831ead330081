/// `/proc/loadavg` (proc_loadavg(5)).
public struct LoadAverages: Equatable, Sendable {
  /// Tasks that run or wait for a disk, averaged over 1 minute.
  public var oneMinute: Double
  /// The same over 5 minutes.
  public var fiveMinutes: Double
  /// The same over 15 minutes.
  public var fifteenMinutes: Double

  /// Parses the three numbers at the start; nil if one is missing or may be truncated.
  static func parse(_ bytes: Span<UInt8>) -> LoadAverages? {
    var i = 0
    guard let one = next(bytes, &i), let five = next(bytes, &i), let fifteen = next(bytes, &i) else { return nil }
    return LoadAverages(oneMinute: one, fiveMinutes: five, fifteenMinutes: fifteen)
  }

  private static func next(_ bytes: Span<UInt8>, _ i: inout Int) -> Double? {
    Scan.blanks(bytes, &i)
    guard let value = Scan.hundredths(bytes, &i), Scan.isSeparator(bytes, i) else { return nil }
    return Double(value) / 100
  }
}

/// `/proc/uptime` (proc_uptime(5)).
enum Uptime {
  /// Parses hundredths of a second since boot; nil if the number is missing or may be truncated.
  static func parse(_ bytes: Span<UInt8>) -> UInt64? {
    var i = 0
    guard let value = Scan.hundredths(bytes, &i), Scan.isSeparator(bytes, i) else { return nil }
    return value
  }
}

/// `/proc/pressure/{cpu,memory,io}` (the kernel's Documentation/accounting/psi.rst).
enum Pressure {
  /// Parses the percentage of the last 10 s in which some task waited, 0 to 100; nil if the line is missing or
  /// truncated, or the number is no percentage.
  static func parse(_ bytes: Span<UInt8>) -> Double? {
    var start = 0
    while let end = Scan.lineEnd(bytes, from: start) {
      var i = start
      if Scan.word("some avg10=", bytes, &i), let value = Scan.hundredths(bytes, &i), Scan.isSeparator(bytes, i) {
        return value <= 100_00 ? Double(value) / 100 : nil
      }
      start = end + 1
    }
    return nil
  }
}

/// `/proc/sys/kernel/random/boot_id` (proc_sys_kernel(5)).
enum BootID {
  /// Parses the UUID of this boot, 36 characters; nil for anything else.
  static func parse(_ bytes: Span<UInt8>) -> String? {
    guard bytes.count >= 36, bytes.count == 36 || bytes[36] == UInt8(ascii: "\n") else { return nil }
    var text = ""
    for i in 0..<36 {
      switch bytes[i] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "-"):
        text.unicodeScalars.append(Unicode.Scalar(bytes[i]))
      default: return nil
      }
    }
    return text
  }
}
