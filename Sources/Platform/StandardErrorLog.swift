import Glibc
import Synchronization

/// Log lines on standard error (or another descriptor), each by one write(2), so that lines of several threads and
/// processes never mix.
///
/// Under the journal a line is `<4>sentence name=value`, with syslog's priority (sd-daemon(3)); the journal knows the
/// time. Elsewhere it is `2026-11-22T18:00:00.000Z warning sentence name=value`. A line that can't be written, because
/// the descriptor wouldn't take it without blocking or is closed, is lost; the next one that gets through says how many.
public final class StandardErrorLog: LogOutput {
  /// A line's greatest length with its newline; PIPE_BUF (pipe(7)): up to here a write to a pipe is whole. What is
  /// longer is cut and ends in `…`.
  public static let greatestLength = 4096

  private let descriptor: Int32
  private let isJournal: Bool
  private let time: any TimeSource
  private let lost = Atomic<Int>(0)

  /// - Parameters:
  ///   - descriptor: written to, never closed.
  ///   - isJournal: whether the journal reads it; by default as `JOURNAL_STREAM` says.
  public init(descriptor: Int32 = 2, isJournal: Bool? = nil, time: any TimeSource = SystemTime()) {
    self.descriptor = descriptor
    self.isJournal =
      isJournal ?? Self.isJournal(descriptor, stream: getenv("JOURNAL_STREAM").map { String(cString: $0) })
    self.time = time
  }

  /// Writes one line.
  public func write(_ level: LogLevel, _ message: StaticString, _ metadata: LogMetadata) {
    var metadata = metadata
    let lostBefore = lost.exchange(0, ordering: .relaxed)
    if lostBefore > 0 { metadata.append("lines_lost", .int(lostBefore)) }
    let line = LogLine.bytes(
      level, message, metadata, time: isJournal ? nil : time.wall, greatestLength: Self.greatestLength)
    let failure = line.withUnsafeBytes { bytes in
      var rest = bytes
      return writeAll(&rest, to: descriptor)
    }
    if failure != nil { lost.add(lostBefore + 1, ordering: .relaxed) }
  }

  /// `JOURNAL_STREAM` is `device:inode` of the stream that systemd connected (systemd.exec(5)); it is inherited by
  /// processes whose standard error has long gone elsewhere, so it is compared.
  static func isJournal(_ descriptor: Int32, stream: String?) -> Bool {
    guard let stream else { return false }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return false }
    return stream == "\(status.st_dev):\(status.st_ino)"
  }
}
