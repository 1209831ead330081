import Glibc
import Platform

/// Buffered standard output: the buffer is written once for each batch, until the reader is gone.
public struct OutputStream {
  /// The bytes that wait to be written.
  public var bytes: [UInt8] = []

  /// An empty buffer.
  public init() {}

  /// The result of a flush.
  public enum Flow {
    /// Everything is written.
    case open
    /// The reader is gone.
    case closed
    /// A signal came while the reader was slow.
    case stopped
    /// Writing failed.
    case failed(OutputError)

    /// Whether more can be written.
    public var isOpen: Bool { if case .open = self { true } else { false } }

    /// - Throws: the error if writing failed.
    public func check() throws(OutputError) { if case .failed(let error) = self { throw error } }
  }

  /// The size in bytes from which on the owner flushes the buffer.
  public static let greatestBatch = 1 << 16

  /// Writes the buffer and empties it. Waits for a slow reader, unless a signal comes.
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
