import Glibc
import Platform

/// Standard output for as long as somebody reads it: bytes are gathered, and written once for each batch.
public struct OutputStream {
  /// What waits to be written.
  public var bytes: [UInt8] = []

  /// Nothing waits.
  public init() {}

  /// How writing went.
  public enum Flow {
    /// All is written.
    case open
    /// The reader has gone.
    case closed
    /// A signal came while the reader was slow.
    case stopped
    /// Writing failed.
    case failed(OutputError)

    /// Whether there is any use in more.
    public var isOpen: Bool { if case .open = self { true } else { false } }

    /// - Throws: where it takes nothing more.
    public func check() throws(OutputError) { if case .failed(let error) = self { throw error } }
  }

  /// More than this isn't gathered.
  public static let greatestBatch = 1 << 16

  /// Writes what is gathered. A reader that is slow is waited for; a signal is still heard.
  public mutating func flush(hearing signals: Signals) -> Flow {
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count {
        var polled = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        // Checks for signals regularly: they are blocked, so they don't interrupt poll.
        if poll(&polled, 1, 200) == 0 {
          if signals.take() == .stop { return .stopped }
          continue
        }
        // A ready pipe accepts PIPE_BUF bytes without blocking.
        let count = write(STDOUT_FILENO, bytes.baseAddress?.advanced(by: written), min(bytes.count - written, 4096))
        if count > 0 {
          written += count
        } else if count == 0 || errno == EPIPE {
          return .closed
        } else if errno != EINTR && errno != EAGAIN {
          return .failed(OutputError(reason: SystemError(call: "write")))
        }
      }
      return .open
    }
  }
}
