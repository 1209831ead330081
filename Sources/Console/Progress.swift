import Glibc
import Platform

/// Shows on standard error how many records a long operation has processed.
public struct Progress {
  private let total: Int64?
  private let isTerminal: Bool
  private let time: any TimeSource
  private let begin: MonotonicTime
  private var next: MonotonicTime
  private var isShown = false

  /// - Parameters:
  ///   - total: the number of records; nil if unknown.
  ///   - isTerminal: whether standard error is a terminal.
  public init(of total: Int64?, isTerminal: Bool = isatty(STDERR_FILENO) == 1, time: any TimeSource = SystemTime()) {
    self.total = total
    self.isTerminal = isTerminal
    self.time = time
    begin = time.monotonic
    next = begin + (isTerminal ? .seconds(1) : .seconds(10))
  }

  /// Shows the count. A terminal's line is overwritten every 0.5 s; any other output gets a new line every 10 s.
  public mutating func show(_ count: Int64) {
    let now = time.monotonic
    guard now >= next else { return }
    next = now + (isTerminal ? .milliseconds(500) : .seconds(10))
    let share = total.map { " of \($0) (\(Int(Double(count) * 100 / Double(max(1, $0))))%)" } ?? ""
    printError((isTerminal ? "\r" : "") + "\(count)\(share) records" + (isTerminal ? "\u{1B}[K" : "\n"))
    isShown = true
  }

  /// Erases a terminal's progress line, so that something else can be written.
  public mutating func clear() {
    if isTerminal, isShown { printError("\r\u{1B}[K") }
    isShown = false
  }

  /// Writes the total, the time and the rate.
  public mutating func end(_ count: Int64) {
    clear()
    let seconds = Double((time.monotonic - begin).wholeMilliseconds) / 1000
    printError("\(count) records in \(seconds) s, \(Int(Double(count) / max(seconds, 0.001)))/s\n")
  }
}
