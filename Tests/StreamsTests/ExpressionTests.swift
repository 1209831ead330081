import TestSupport
import Testing

@testable import Streams

@Suite("Regular expressions")
struct ExpressionTests {
  private func match(_ pattern: String, _ bytes: [UInt8], machineCode: Bool = true) throws -> Expression.Outcome {
    let expression = try Expression(pattern, machineCode: machineCode)
    var outcome = Expression.Outcome.exceeded
    withBytes(bytes) { if let text = $0 { outcome = expression.match(text) } }
    return outcome
  }

  private func match(_ pattern: String, _ text: String, machineCode: Bool = true) throws -> Expression.Outcome {
    try match(pattern, Array(text.utf8), machineCode: machineCode)
  }

  @Test(
    "an expression matches somewhere in the text",
    arguments: [
      ("err(or)?", "an error occurred", true), ("err(or)?", "fine", false), ("^a", "ba", false), ("a$", "ba", true),
      ("^$", "", true), ("", "", true), ("", "x", true), ("x", "", false), ("(?i)ÄB", "xäby", true), ("^.$", "😀", true),
      (#"\d{3}"#, "ab 503", true), (#"^\w+$"#, "ä", false), (#"^\p{L}+$"#, "ä", true), (#"(\w)\1"#, "hello", true),
      ("a.b", "a\nb", false), ("(?s)a.b", "a\nb", true), ("(?m)^b$", "a\nb\nc", true), ("(?<=a)b", "ab", true),
      ("a(?!b)", "abab", false), ("(?C1)a", "a", true), (#"\x{1F600}"#, "😀", true), ("a\0b", "xa\0bx", true),
    ])
  func matches(_ pattern: String, _ text: String, _ expected: Bool) throws {
    for machineCode in [true, false] {
      let outcome = try match(pattern, text, machineCode: machineCode)
      #expect(outcome == (expected ? .matches : .differs), "machine code: \(machineCode)")
    }
  }

  @Test("bytes that aren't UTF-8 match nothing and are no error", arguments: [true, false])
  func invalidText(_ machineCode: Bool) throws {
    #expect(try match("b+c", [0xFF] + "abbc".utf8, machineCode: machineCode) == .matches)
    #expect(try match("bc", Array("ab".utf8) + [0xC3] + "c".utf8, machineCode: machineCode) == .differs)
    #expect(try match("b.c", Array("ab".utf8) + [0x80] + "c".utf8, machineCode: machineCode) == .differs)
    #expect(try match("x", [0xED, 0xA0, 0x80], machineCode: machineCode) == .differs)
    #expect(try match("é$", [0xE9, 0xC3, 0xA9], machineCode: machineCode) == .matches)
  }

  @Test(
    "an expression that would look nearly for ever gives up at once",
    arguments: ["(a+)+$", "(a|aa)+$", "(?:a*)*[xy]", "a*a*a*[xy]", "(*LIMIT_MATCH=4000000000)(a+)+$"])
  func catastrophe(_ pattern: String) throws {
    for length in [100_000, 3_000] {
      let text = String(repeating: "a", count: length) + "!"
      for machineCode in [true, false] {
        let outcome = try match(pattern, text, machineCode: machineCode)
        #expect(outcome == .exceeded, "\(length), machine code: \(machineCode)")
      }
    }
  }

  @Test("an expression that needs much time, but little from each place, gives up", arguments: [true, false])
  func manyPlaces(_ machineCode: Bool) throws {
    let text = String(repeating: String(repeating: "a", count: 80) + "!", count: 12_500)
    let start = ContinuousClock.now
    let outcome = try match("a*a*a*[xy]", text, machineCode: machineCode)
    // Machine code may come to the end in time.
    #expect(outcome == .exceeded || (machineCode && outcome == .differs))
    // It takes its time and that of one part; the rest is for a busy machine.
    #expect(ContinuousClock.now - start < .seconds(30))
  }

  @Test("what must be remembered is limited", arguments: [true, false])
  func memory(_ machineCode: Bool) throws {
    let pattern = "^(?:a|b)*c"
    let text = { String(repeating: "ab", count: $0) + "c" }
    #expect(try match(pattern, text(2_000), machineCode: machineCode) == .matches)
    #expect(try match(pattern, text(1_000_000), machineCode: machineCode) == .exceeded)
  }

  @Test("a long text is searched to its end, wherever the match begins", arguments: [true, false])
  func longTexts(_ machineCode: Bool) throws {
    for place in [0, 1, 2_046, 2_047, 2_048, 2_049, 4_095, 4_096, 9_990, 9_997] {
      for filler in ["-", "é", "😀"] {
        var text = String(repeating: filler, count: place) + "needle"
        text += String(repeating: filler, count: 10_000 - place)
        for pattern in ["n[e]+dle", "(?<=^|[-é😀])needle", #"needle[-é😀]+\z"#] {
          #expect(try match(pattern, text, machineCode: machineCode) == .matches, "\(place), \(filler), \(pattern)")
        }
        #expect(try match("^needle", text, machineCode: machineCode) == (place == 0 ? .matches : .differs))
        #expect(try match(#"\Gneedle"#, text, machineCode: machineCode) == (place == 0 ? .matches : .differs))
        #expect(try match("n[x]dle", text, machineCode: machineCode) == .differs)
      }
    }
  }

  @Test("an expression can be used again after it gave up, for texts of any length")
  func reuse() throws {
    let expression = try Expression("(a+)+$")
    let texts: [(String, Expression.Outcome)] = [
      (String(repeating: "a", count: 5_000) + "!", .exceeded), ("aaa", .matches), ("", .differs),
      (String(repeating: "b", count: 5_000) + "a", .matches), (String(repeating: "b", count: 9_000), .differs),
    ]
    for (text, expected) in texts + texts {
      var text = text
      #expect(text.withUTF8 { expression.match(UnsafeRawBufferPointer($0)) } == expected)
    }
    #expect(expression.match(UnsafeRawBufferPointer(start: nil, count: 0)) == .differs)
  }

  @Test(
    "a pattern that isn't an expression has PCRE2's words and a column in characters",
    arguments: [
      ("a(b", 4, "missing closing parenthesis"), ("äöü(b", 6, "missing closing parenthesis"),
      ("a)b", 2, "unmatched closing parenthesis"), ("[a", 3, "missing terminating ] for character class"),
      ("é[z-a]", 5, "range out of order in character class"),
      ("*a", 1, "quantifier does not follow a repeatable item"), ("a\\", 3, "\\ at end of pattern"),
      (#"a\Cb"#, 4, #"using \C is disabled by the application"#),
      ("((((a{1000}){1000}){1000}){10})", 32, "regular expression is too large"),
    ])
  func problems(_ pattern: String, _ column: Int, _ message: String) throws {
    let problem = Expression.Problem(message: message, column: column)
    #expect(Expression.problem(of: pattern) == problem)
    #expect(throws: problem) { try Expression(pattern) }
  }

  @Test("an expression has no problem", arguments: ["", "a", #"^(?<year>\d{4})-"#, "(*UTF)a", "(?C1)a"])
  func noProblem(_ pattern: String) {
    #expect(Expression.problem(of: pattern) == nil)
  }

  @Test("it is machine code where the system allows that")
  func machineCode() throws {
    #expect(try !Expression("a", machineCode: false).isMachineCode)
    // Some systems forbid it; there the tests above tried the interpreter twice.
    _ = try Expression("a").isMachineCode
  }
}
