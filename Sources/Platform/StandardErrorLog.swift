import Glibc
import Synchronization

/// Writes log lines to standard error (or another descriptor), each with one write(2), so that lines of several threads
/// and processes never mix.
///
/// Under the journal a line is `<4>sentence name=value`, with syslog's priority (sd-daemon(3)) and no time, which the
/// journal adds. Elsewhere it is `2026-11-22T18:00:00.000Z warning sentence name=value`. A line is lost if the
/// descriptor is closed or would block; the next line written carries the number lost.
public final class StandardErrorLog: LogOutput {
  /// The maximum length of a line with its newline, in bytes. It is PIPE_BUF (pipe(7)), up to which a write to a pipe
  /// is atomic. A longer line is cut and ends in `…`.
  public static let greatestLength = 4096

  private let descriptor: Int32
  private let isJournal: Bool
  private let time: any TimeSource
  private let lost = Atomic<Int>(0)

  /// - Parameters:
  ///   - descriptor: written to, never closed.
  ///   - isJournal: whether the journal reads it; by default decided from `JOURNAL_STREAM`.
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

  /// Compares `JOURNAL_STREAM`, the `device:inode` of the stream that systemd connected (systemd.exec(5)), with the
  /// descriptor. Its presence alone proves nothing: child processes inherit it even if their standard error is
  /// redirected.
  static func isJournal(_ descriptor: Int32, stream: String?) -> Bool {
    guard let stream else { return false }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return false }
    return stream == "\(status.st_dev):\(status.st_ino)"
  }
}
