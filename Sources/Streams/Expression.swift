internal import Cpcre2

/// A regular expression of PCRE2, compiled to machine code where the system allows that. One thread owns it.
///
/// It reads UTF-8; bytes that aren't match nothing, and are no error. What it may take for one text is limited, so that
/// neither a careless expression nor a malicious text stops the program: see `match`.
public final class Expression {
  /// Why a pattern isn't an expression.
  public struct Problem: Error, Equatable, Sendable {
    /// PCRE2's words, such as `missing closing parenthesis`.
    public var message: String
    /// Where PCRE2 noticed it, in characters of the pattern from 1; one more than it has if it ends too early.
    public var column: Int

    /// Both as a sentence for the author of the file.
    public var sentence: String { "that is no regular expression: \(message), at character \(column)" }
  }

  /// The result of comparing a text with an expression.
  public enum Outcome: Sendable {
    /// It matches somewhere in the text.
    case matches
    /// It matches nowhere in the text.
    case differs
    /// Nobody knows: looking would take more than the limits allow.
    case exceeded
  }

  let code: Handle
  let context: Handle
  let data: Handle
  private let stack: Handle?
  /// Whether it can match at the start of a text only.
  let isAnchored: Bool

  /// Compiles `pattern`. Throws if it isn't one, or has a `\C`, which takes characters apart.
  public convenience init(_ pattern: String) throws(Problem) { try self.init(pattern, machineCode: true) }

  /// Without `machineCode` it is interpreted, as it is where a system forbids writing code.
  init(_ pattern: String, machineCode: Bool) throws(Problem) {
    code = try Expression.compile(pattern)
    guard let context = Handle(pcre2_match_context_create_8(nil), free: pcre2_match_context_free_8),
      let data = Handle(pcre2_match_data_create_8(1, nil), free: pcre2_match_data_free_8)
    else { throw Expression.noMemory }
    pcre2_set_match_limit_8(context.pointer, Expression.matchLimit)
    pcre2_set_depth_limit_8(context.pointer, Expression.depthLimit)
    pcre2_set_heap_limit_8(context.pointer, Expression.heapLimit)
    self.context = context
    self.data = data
    var options: UInt32 = 0
    isAnchored =
      pcre2_pattern_info_8(code.pointer, UInt32(PCRE2_INFO_ALLOPTIONS), &options) == 0
      && options & UInt32(PCRE2_ANCHORED) != 0
    guard machineCode, pcre2_jit_compile_8(code.pointer, UInt32(PCRE2_JIT_COMPLETE)) == 0,
      let stack = Handle(
        pcre2_jit_stack_create_8(Expression.firstStack, Expression.stackLimit, nil), free: pcre2_jit_stack_free_8)
    else {
      stack = nil
      return
    }
    pcre2_jit_stack_assign_8(self.context.pointer, nil, UnsafeMutableRawPointer(stack.pointer))
    self.stack = consume stack
  }

  /// Why `pattern` isn't an expression; nil if it is one.
  public static func problem(of pattern: String) -> Problem? {
    do {
      _ = try compile(pattern)
      return nil
    } catch {
      return error
    }
  }

  /// Whether it runs as machine code.
  var isMachineCode: Bool { stack != nil }
}

extension Expression {
  /// An object of PCRE2, which ends with its handle.
  struct Handle: ~Copyable {
    let pointer: OpaquePointer
    private let free: @convention(c) (OpaquePointer?) -> Void

    init?(_ pointer: OpaquePointer?, free: @escaping @convention(c) (OpaquePointer?) -> Void) {
      guard let pointer else { return nil }
      self.pointer = pointer
      self.free = free
    }

    deinit { free(pointer) }
  }

  private static var noMemory: Problem { Problem(message: "out of memory", column: 1) }

  private static func compile(_ pattern: String) throws(Problem) -> Handle {
    let options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT
    let bytes = Array(pattern.utf8)
    var code: Int32 = 0
    var offset = 0
    guard
      let compiled = Handle(
        pcre2_compile_8(bytes, bytes.count, UInt32(options), &code, &offset, nil), free: pcre2_code_free_8)
    else {
      let column = bytes.prefix(max(0, offset)).count { $0 & 0xC0 != 0x80 } + 1
      throw Problem(message: message(of: code), column: column)
    }
    return compiled
  }

  private static func message(of code: Int32) -> String {
    // PCRE2's longest message has about 100 bytes; a longer one would be cut.
    let bytes = [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
      count = max(0, Int(pcre2_get_error_message_8(code, buffer.baseAddress, buffer.count)))
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
