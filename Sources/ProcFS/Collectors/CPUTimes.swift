/// The first line of `/proc/stat`: ticks since boot, summed over all CPUs (proc_stat(5)).
///
/// The kernel includes guest time in `user` and `nice`, so it isn't added again.
struct CPUTimes: Equatable {
  /// A column of the line.
  enum Mode: Int {
    case user, nice, system, idle, iowait, irq, softirq, steal
  }

  /// The number of columns used. guest and guest_nice follow them, and are included in user and nice.
  static let mostColumns = 8

  /// The columns in the kernel's order. A value above 2^64 - 1 is read as 2^64 - 1.
  var ticks: InlineArray<8, UInt64>
  /// The number of columns that the kernel has: 4 before 2.5.41, 7 before 2.6.11, 8 since.
  var columns: Int

  subscript(mode: Mode) -> UInt64? { mode.rawValue < columns ? ticks[mode.rawValue] : nil }

  static func == (a: CPUTimes, b: CPUTimes) -> Bool {
    a.columns == b.columns && (0..<a.columns).allSatisfy { a.ticks[$0] == b.ticks[$0] }
  }
}

/// The parsed part of `/proc/stat`.
struct StatFile: Equatable {
  /// The `cpu ` line; nil if it is missing, truncated or has fewer than four columns.
  var times: CPUTimes?
  /// The number of complete `cpuN` lines. If `isWhole`, it is the number of online CPUs.
  var cpuCount = 0
  /// True if a line that isn't a CPU's was seen, so that all CPU lines were read.
  var isWhole = false

  /// Parses the `cpu ` line and counts the `cpuN` lines. Stops at the first other line.
  static func parse(_ bytes: Span<UInt8>) -> StatFile {
    var result = StatFile()
    var i = 0
    while i < bytes.count {
      var j = i
      guard ProcText.word("cpu", bytes, &j), j < bytes.count else {
        // Fewer than three characters may be the start of a truncated CPU line.
        result.isWhole = bytes.count - i >= 3 && j == i
        return result
      }
      guard let end = ProcText.lineEnd(bytes, from: j) else { return result }
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
      ProcText.blanks(bytes, &i)
      guard i < end else { break }
      guard let ticks = ProcText.integer(bytes, &i), ProcText.isSeparator(bytes, i) else { return nil }
      times.ticks[times.columns] = ticks
      times.columns += 1
    }
    return times.columns >= 4 ? times : nil
  }
}
