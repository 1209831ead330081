internal import Cpcre2
import Glibc

extension Expression {
  /// The steps that PCRE2 may take from one place of a text: 0.2 ms of machine code, or 2 ms interpreted.
  static let matchLimit: UInt32 = 100_000
  /// How deeply the interpreter may nest what it must remember to go back to.
  static let depthLimit: UInt32 = 50_000
  /// The memory for that, in KiB.
  static let heapLimit: UInt32 = 4096
  /// The stack of machine code for the same, in bytes: at first, and at most. Only what was used takes memory.
  static let firstStack = 32 << 10
  static let stackLimit = 512 << 10

  /// The limit of steps counts anew for each place where a match may begin. So a long text is searched in parts of this
  /// many places, with a look at the clock after each.
  static let places = 2048
  /// The CPU time that one text may take, in nanoseconds, and the time of one more part.
  static let timeLimit = 250_000_000

  /// Whether it matches somewhere in `text`. Allocates nothing once it has seen a text that needed as much memory.
  ///
  /// It gives up after 100,000 steps from one place of the text, after a quarter of a second of CPU time, or when it had
  /// to remember more than 512 KiB (4 MiB if it is interpreted) to go back to.
  public func match(_ text: UnsafeRawBufferPointer) -> Outcome {
    if isAnchored || text.count <= Expression.places { return match(text, from: 0, to: Expression.anywhere) }
    let deadline = Expression.time() + Expression.timeLimit
    var first = 0
    repeat {
      let last = first + Expression.places
      let outcome = match(text, from: first, to: last >= text.count ? Expression.anywhere : last - 1)
      if outcome != .differs || last >= text.count { return outcome }
      first = Expression.character(in: text, from: last)
    } while Expression.time() < deadline
    return .exceeded
  }

  /// `PCRE2_UNSET`, all bits, as Swift sees it.
  private static let anywhere = -1

  /// A match that begins at a byte from `first` to `last`.
  private func match(_ text: UnsafeRawBufferPointer, from first: Int, to last: Int) -> Outcome {
    pcre2_set_offset_limit_8(context.pointer, last)
    // Older versions take no null pointer for an empty text. Nothing reads what this one points to.
    let start = text.baseAddress ?? UnsafeRawPointer(code.pointer)
    let result = pcre2_match_8(
      code.pointer, start.assumingMemoryBound(to: UInt8.self), text.count, first, 0, data.pointer, context.pointer)
    if result >= 0 { return .matches }
    // Other errors than those of the limits have no reason to occur; they, too, leave the question open.
    return result == PCRE2_ERROR_NOMATCH ? .differs : .exceeded
  }

  /// `index`, or where the next character begins if it is inside one.
  private static func character(in text: UnsafeRawBufferPointer, from index: Int) -> Int {
    var start = index
    while start < min(index + 3, text.count), text[start] & 0xC0 == 0x80 { start += 1 }
    return start
  }

  /// The CPU time of this thread, in nanoseconds: another program's load doesn't count.
  private static func time() -> Int {
    var now = timespec()
    return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0 ? now.tv_sec * 1_000_000_000 + now.tv_nsec : 0
  }
}
