/// The first line of `/proc/stat`: ticks since boot, summed over all CPUs (proc_stat(5)).
///
/// Guest time is inside `user` and `nice` and stands nowhere apart.
struct CPUTimes: Equatable {
  /// A column of the line.
  enum Mode: Int {
    case user, nice, system, idle, iowait, irq, softirq, steal
  }

  /// How many of the kernel's columns are of interest: guest and guest_nice, which follow them, are inside user and nice.
  static let mostColumns = 8

  /// The columns in the kernel's order, as written: up to 2^64 - 1, which stands for anything above as well.
  var ticks: InlineArray<8, UInt64>
  /// How many of them the kernel has: 4 before 2.5.41, 7 before 2.6.11, 8 since.
  var columns: Int

  subscript(mode: Mode) -> UInt64? { mode.rawValue < columns ? ticks[mode.rawValue] : nil }

  static func == (a: CPUTimes, b: CPUTimes) -> Bool {
    a.columns == b.columns && (0..<a.columns).allSatisfy { a.ticks[$0] == b.ticks[$0] }
  }
}

/// What is read of `/proc/stat`.
struct StatFile: Equatable {
  /// The `cpu ` line; nil where it is missing, cut short or has fewer than four columns.
  var times: CPUTimes?
  /// Count of whole `cpuN` lines: the CPUs that are online, where `isWhole`.
  var cpuCount = 0
  /// True where a line that is no CPU's was seen: the text goes on behind the CPUs.
  var isWhole = false

  /// Reads the `cpu ` line and counts the `cpuN` lines; nothing behind them is looked at.
  static func parse(_ bytes: Span<UInt8>) -> StatFile {
    var result = StatFile()
    var i = 0
    while i < bytes.count {
      var j = i
      guard Scan.word("cpu", bytes, &j), j < bytes.count else {
        // Fewer letters than that don't tell whether the line would have been a CPU's.
        result.isWhole = bytes.count - i >= 3 && j == i
        return result
      }
      guard let end = Scan.lineEnd(bytes, from: j) else { return result }
      if bytes[j] == UInt8(ascii: " ") {
        result.times = parseTimes(bytes, from: j, to: end)
      } else {
        result.cpuCount += 1
      }
      i = end + 1
    }
    return result
  }

  private static func parseTimes(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> CPUTimes? {
    var times = CPUTimes(ticks: InlineArray(repeating: 0), columns: 0)
    var i = start
    while times.columns < CPUTimes.mostColumns {
      Scan.blanks(bytes, &i)
      guard i < end else { break }
      guard let ticks = Scan.integer(bytes, &i), Scan.isSeparator(bytes, i) else { return nil }
      times.ticks[times.columns] = ticks
      times.columns += 1
    }
    return times.columns >= 4 ? times : nil
  }
}
