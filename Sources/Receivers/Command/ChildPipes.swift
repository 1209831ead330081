import Cglibc
import Glibc
import Platform

/// Our ends of a child's standard input and error. Neither ever blocks.
struct ChildPipes: ~Copyable {
  /// -1 once it is closed.
  private var input: Int32
  private var errors: Int32
  private let bytes: [UInt8]
  private var written = 0
  private var text: [UInt8] = []
  /// Whether the last wait found the child ended.
  private(set) var hasEnded = false

  init(input: Int32, errors: Int32, bytes: [UInt8]) {
    self.input = input
    self.errors = errors
    self.bytes = bytes
  }

  /// Waits until something can be read or written, the child has ended (`ended`), `stop` is readable (-1: never), or
  /// `deadline` has come; then reads and writes. Returns whether `stop` is readable.
  mutating func wait(ended: Int32, stop: Int32, until deadline: MonotonicTime) -> Bool {
    // poll(2) skips descriptors below 0.
    var polled = [
      pollfd(fd: ended, events: Int16(POLLIN), revents: 0), pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errors, events: Int16(POLLIN), revents: 0), pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
    ]
    let left = max(0, (deadline - SystemTime().monotonic).wholeNanoseconds)
    guard statusd_poll(&polled, nfds_t(polled.count), left) > 0 else { return false }
    if polled[2].revents != 0 { readErrors() }
    if polled[3].revents != 0 { writeInput() }
    hasEnded = polled[0].revents != 0
    return polled[1].revents != 0
  }

  /// Closes both; returns the beginning of standard error.
  mutating func close() -> [UInt8] {
    // What the child wrote before its end may be unread.
    if errors >= 0 { readErrors() }
    closeInput()
    closeErrors()
    return text
  }

  private mutating func writeInput() {
    let count = bytes.withUnsafeBytes { bytes in
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
      return write(input, rest.baseAddress, rest.count)
    }
    if count > 0 { written += count }
    let isBusy = count < 0 && (errno == EAGAIN || errno == EINTR)
    // A program that doesn't want its input closes it: that is no failure.
    if written == bytes.count || (count < 0 && !isBusy) { closeInput() }
  }

  /// Reads once; a pipe holds at most 64 KiB, so what comes after the child's end is read, too.
  private mutating func readErrors() {
    withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
      let count = read(errors, buffer.baseAddress, buffer.count)
      if count > 0 {
        text += buffer.prefix(min(count, max(0, Child.maxErrors - text.count)))
      } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
        closeErrors()
      }
    }
  }

  private mutating func closeInput() {
    if input >= 0 { _ = Glibc.close(input) }
    input = -1
  }

  private mutating func closeErrors() {
    if errors >= 0 { _ = Glibc.close(errors) }
    errors = -1
  }
}
