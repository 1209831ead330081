import Testing

@testable import Settings

/// One or two texts for each class of toml-test (https://github.com/toml-lang/toml-test), named like its folders.
@Suite("The classes of toml-test")
struct TOMLSuiteTests {
  static let invalid: [(name: String, texts: [String])] = [
    (
      "array",
      [
        "a = [1", "a = [1,,2]", "a = [,1]", "a = [1 2]", "a = [1, 2]]", "a = ]", "a = [[1]", "a = [{}}]", "a = [1;2]",
        "a = [1 # comment ]", "a = [\"x\" \"y\"]", "[[a.b]]\n[a]\nb = 1\n[a]", "a = []\n[[a]]", "a = [1]\n[a]",
        "[[tab.arr]]\n[tab]\narr.val1 = 1", "a = [ [ 1 ], 2", "a = [,]", "a = [1,\n", "a = [{ b = 1 }]\n[a.c]\nfoo = 1",
      ]
    ),
    (
      "bool",
      [
        "a = tru", "a = True", "a = FALSE", "a = truee", "a = t", "a = falsify", "a = truthy", "a = tru e", "a = _true",
      ]
    ),
    (
      "control",
      [
        "a = \"x\u{1}\"", "a = 'x\u{1F}'", "a = \"\"\"x\u{7F}\"\"\"", "a = '''x\u{8}'''", "a = 1 # x\u{B}", "# \u{C}",
        "\u{B}",
        "\u{C}a = 1", "a = 1\r", "a = \"x\ry\"", "a = 1 # x\ry", "a\u{1}b = 1", "\u{1}", "a = \u{7F}", "\u{2003}a = 1",
        "a = \"x\u{0}\"",
      ]
    ),
    (
      "datetime",
      [
        "a = 1987-07-05T17:45:00.Z", "a = 1987-7-05T17:45:00Z", "a = 1987-07-5T17:45:00Z", "a = 1987-07-05T7:45:00Z",
        "a = 1987-13-05T17:45:00Z", "a = 1987-00-05T17:45:00Z", "a = 1987-07-32T17:45:00Z", "a = 1987-07-00T17:45:00Z",
        "a = 1987-02-30T17:45:00Z", "a = 1987-07-05T24:45:00Z", "a = 1987-07-05T17:60:00Z", "a = 1987-07-05T17:45:61Z",
        "a = 1987-07-05T17:45:00+25:00", "a = 1987-07-05T17:45:00+00:60", "a = 1987-07-05T17:45:00-7",
        "a = 1987-07-0517:45Z",
        "a = 1987-07-05T17:45:00Zz", "a = 1987-07-05 17:45:00 Z", "1 = 1979-05-27T:", "a = 1979-05-27T",
        "a = 1979-05-27 1,",
        "a = 1979-05-27T1", "a = 1979-05-27T12:", "a = 1979-05-27T12:0", "a = [1979-05-27 1, 2]",
      ]
    ),
    ("encoding", ["a = \"\u{FEFF}\"\n\u{FEFF}b = 1", "a\u{FEFF} = 1", "\u{200B} = 1", "é = 1", "ü.ä = 1", "a = é"]),
    (
      "float",
      [
        "a = 1.", "a = .1", "a = 1.e2", "a = 1e", "a = 1e+", "a = 1e1.5", "a = 1__0.0", "a = 1_.0", "a = 1._0",
        "a = 1.0_",
        "a = 1e_1", "a = 1e1_", "a = 03.14", "a = -03.14", "a = +.5", "a = -.5", "a = Inf", "a = NaN", "a = infinity",
        "a = in",
        "a = na", "a = +inff", "a = 1.2.3", "a = 1.0e", "a = 0x1.8p", "a = -", "a = +", "a = ++1.0", "a = 1e9999x",
      ]
    ),
    (
      "inline-table",
      [
        "a = {", "a = {b", "a = {b = 1", "a = {b = 1,}", "a = {,}", "a = {, b = 1}", "a = {b = 1,, c = 2}",
        "a = {b = 1 c = 2}",
        "a = {b = 1\n}", "a = {\nb = 1}", "a = {b = 1, b = 2}", "a = {b = 1}\na.c = 2", "a = {b = 1}\n[a]",
        "a = {b = 1}\n[a.c]",
        "a = {b = {c = 1}}\na.b.d = 2", "a = {b.c = 1, b = 2}", "a = }", "a = {b = 1}}", "a = {b = [1, 2}",
        "a = {b = 1]",
        "a = {b}", "a = {= 1}", "a.b = 1\na = {c = 2}", "a = {b = 1} c = 2", "a = {*}", "a = {$x = 1}",
      ]
    ),
    (
      "integer",
      [
        "a = 01", "a = -01", "a = +01", "a = 00", "a = 0_0", "a = 1_", "a = _1", "a = 1__0", "a = 0x", "a = 0o",
        "a = 0b",
        "a = 0xg", "a = 0o8", "a = 0b2", "a = 0X1", "a = 0O1", "a = 0B1", "a = -0x1", "a = +0b1", "a = 0x_1",
        "a = 0x1_",
        "a = 9223372036854775808", "a = -9223372036854775809", "a = 0xFFFFFFFFFFFFFFFFF", "a = ++1", "a = --1",
        "a = 1 2",
        "a = 12a", "a = 1,000", "a = 5s",
      ]
    ),
    (
      "key",
      [
        "= 1", "a", "a =", "a = \n1", "a b = 1", "a\n= 1", "a.= 1", ".a = 1", "a..b = 1", ".", "..", "a = 1 b = 2",
        "a = 1\na = 2",
        "\"a\" = 1\na = 2", "'a' = 1\n\"a\" = 2", "a.b = 1\na.b = 2", "a = 1\na.b = 2", "\"a = 1", "'a = 1",
        "\"\"\"a\"\"\" = 1",
        "'''a''' = 1", "\"a\nb\" = 1", "[a]\n[a]", "a! = 1", "a@b = 1", "(a) = 1", "a: 1", "*", "$", "$x = 1", "[*]",
        "[$x]", "[.]",
        "[..]", "[a.]", "[.a]", "[a..b]", "[[.]]", "[[$]]", "[\"a]", "a = 1=2", "\\u00c0 = 1", "a.\"\"\"b\"\"\" = 1",
        "a . = 1", "a.$ = 1",
      ]
    ),
    (
      "local-date",
      [
        "a = 1979-05-2", "a = 1979-5-27", "a = 79-05-27", "a = 1979-02-29", "a = 1979-13-01", "a = 1979-00-01",
        "a = 1979-01-00",
        "a = 1979-05-27x", "a = 1979-05-", "a = 1979-05", "a = 1979-", "a = 1979--05-27", "a = 19790527-",
      ]
    ),
    (
      "local-datetime",
      [
        "a = 1979-05-27T07", "a = 1979-05-27T07:3", "a = 1979-05-27 07:32:0", "a = 1979-05-27T25:00:00",
        "a = 1979-05-27t",
      ]
    ),
    (
      "local-time",
      [
        "a = 7:32:00", "a = 24:00:00", "a = 23:60:00", "a = 23:59:61", "a = 07:3", "a = 07:32:0", "a = 07:32:00.",
        "a = 07:32:00x",
        "a = 07:", "a = :32:00",
      ]
    ),
    (
      "string",
      [
        "a = \"", "a = \"x", "a = 'x", "a = \"\"\"x", "a = '''x", "a = \"x\ny\"", "a = 'x\ny'", "a = \"\\x00\"",
        "a = \"\\e\"", "a = \"\\q\"",
        "a = \"\\ \"", "a = \"\\u00\"", "a = \"\\u00G0\"", "a = \"\\uD800\"", "a = \"\\uDFFF\"", "a = \"\\U00110000\"",
        "a = \"\\UFFFFFFFF\"",
        "a = \"\\U0000\"", "a = x", "a = x\"y\"", "a = \"x\"y", "a = \"x\" \"y\"", "a = 'it's'",
        "a = \"\"\"x\"\"\"\"\"\"", "a = '''x''''''",
        "a = \"\"\"x \\ y\"\"\"", "a = \"\\", "a = \"\\u", "a = \"\"\"\\", "a = \"\"\"\"", "a = ''''",
        "a = \"\"\"\\x\"\"\"",
      ]
    ),
    (
      "table",
      [
        "[", "[]", "[[]]", "[[a]", "[a]]", "[a", "[[a", "[a\n]", "[ [a]]", "[[a] ]", "[a] b = 1", "[a]b = 1", "[a b]",
        "[a]\n[a]",
        "[a]\nb = 1\n[a.b]", "a = 1\n[a]", "[a.b]\n[a]\n[a]", "[a]\n[[a]]", "[[a]]\n[a]", "[a]\nb.c = 1\n[a.b]",
        "[a.b.c]\n[a]\nb.c.d = 1",
        "[a = 1", "[a.b.c\n", "[\"a\"", "[,]", "[=]", "[#]", "[{}]", "[a]]\n", "[a]\n[\"a\"]", "[-]]", "[ ]",
        "[[ ]]",
      ]
    ),
  ]

  static let valid: [(name: String, text: String, nodes: Int)] = [
    ("array", "a = [1, 2,\n # c\n 3,]\nb = []\nc = [[1], [\"x\"], {d = 1}]\n", 12),
    ("bool", "t = true\nf = false\n", 2),
    ("comment", "# c\na = 1 # c\n#\n[b]#c\n# é \u{1F600} \t\nx = [ # c\n1 # c\n] # c", 4),
    ("datetime", "a = 1987-07-05T17:45:00Z\nb = 1987-07-05 17:45:00.123-07:00\nc = 1987-07-05T17:45:00.5\n", 3),
    ("float", "a = 3.14\nb = -1e-2\nc = 1_0.0_1\nd = inf\ne = -nan\nf = 0e0\ng = +1.0E+2\n", 7),
    ("inline-table", "a = {}\nb = {c = 1, d.e = 2, \"f\" = {g = []}}\n", 7),
    ("integer", "a = 0\nb = -9223372036854775808\nc = 0xDEAD_beef\nd = 0o755\ne = 0b1_0\nf = +1_000\n", 6),
    ("key", "\"\" = 1\n'a b' = 2\n\"\\u00e9\" = 3\n1 = 4\n3.2 = 5\na-_b = 6\ntrue = 7\n\"ö\".'ü' = 8\na . b = 9\n", 12),
    ("local", "a = 1979-05-27\nb = 07:32:00\nc = 1979-05-27T07:32:00\nd = 00:32:00.999999\n", 4),
    (
      "string",
      "a = \"\\b\\t\\n\\f\\r\\\"\\\\\"\nb = '\\d'\nc = \"\"\"\nx\\\n  y\"\"\"\"\"\nd = '''\nx\ny'''\ne = \"\\u00e9\\U0001F600é\"\n",
      5
    ),
    ("table", "[a]\n[a.b]\n[c.d.e]\n[c]\nx = 1\n[\"q r\".'s']\n[ t . u ]\n[[v]]\n[[v.w]]\n[[v]]\n", 15),
    ("empty", "", 0), ("byte order mark", "\u{FEFF}a = 1", 1), ("line ends", "a = 1\r\n\r\nb = 2\r\n", 2),
    ("no line end", "a = 1", 1),
  ]

  /// Texts that toml++ 3.3.0 accepts though TOML 1.0 doesn't. None is ambiguous.
  private static let taken: Set<String> = []

  @Test("invalid TOML is a complaint with its place", arguments: invalid)
  func refuses(_ kind: (name: String, texts: [String])) {
    for text in kind.texts {
      if !Self.taken.contains(text) {
        #expect(throws: Document.SyntaxError.self, "\(text.debugDescription)") {
          try Document(parsing: Array(text.utf8))
        }
      }
      let loaded = load(text)
      #expect(loaded.settings == nil)
      #expect(!loaded.complaints.isEmpty)
      for complaint in loaded.complaints { expectSane(complaint, of: text.utf8.count) }
    }
  }

  @Test("valid TOML is read completely", arguments: valid)
  func reads(_ kind: (name: String, text: String, nodes: Int)) throws {
    let document = try Document(parsing: Array(kind.text.utf8))
    #expect(document.nodes.count - 1 == kind.nodes)
  }

  @Test("a name that needs quotes is reported at its place")
  func places() {
    #expect(
      complaints(besideBrokers: "[agent]\n[$x]") == [
        "file.toml:3:2: not TOML: unexpected '$'; a name or a text with such a character needs quotes"
      ])
    #expect(
      complaints(besideBrokers: "a = [1979-05-27 1,\n") == [
        "file.toml:2:18: not TOML: unexpected ','; a name or a text with such a character needs quotes"
      ])
    #expect(
      complaints(besideBrokers: "[agent]\n1=1979-05-27T:") == [
        "file.toml:3:14: not TOML: unexpected ':'; a name or a text with such a character needs quotes"
      ])
  }
}

/// Whether a complaint has a place in the file, and is one line without control characters.
func expectSane(_ complaint: Complaint, of size: Int, sourceLocation: SourceLocation = #_sourceLocation) {
  let text = complaint.description
  #expect(
    text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) },
    "\(text.debugDescription)",
    sourceLocation: sourceLocation)
  #expect(text.utf8.count < 2000, sourceLocation: sourceLocation)
  if let position = complaint.position {
    #expect(
      (1...(size + 1)).contains(position.line) && (1...(size + 2)).contains(position.column),
      "\(text.debugDescription)",
      sourceLocation: sourceLocation)
  }
}
