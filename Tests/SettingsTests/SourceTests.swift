import Foundation
import TestSupport
import Testing
import Topics

@testable import Settings

@Suite("The text of a configuration")
struct SourceTests {
  private let brokers = "kafka.brokers = \"a:9092\"\n"

  @Test("a syntax error doesn't hide other mistakes")
  func recovery() {
    let text = """
      [kafka]
      brokers = "a:9092
      [agent]
      interval = 5s
      hots = "x"
      [log]
      level = info
      """
    #expect(
      complaints(text) == [
        "file.toml:2:18: not TOML: unescaped control characters other than TAB (U+0009) are explicitly prohibited; a text ends on "
          + "its line: look for a missing quotation mark",
        "file.toml:4:13: not TOML: expected digit, saw 's'; a text, a duration and a size need quotes, key = \"30s\"",
        "file.toml:5:1: unknown key agent.hots; did you mean host?",
        "file.toml:7:12: not TOML: expected value-terminator, saw 'o'; a text needs quotes, key = \"value\"",
      ])
  }

  @Test("a key that has moved gets a complaint with its new table")
  func moved() {
    #expect(
      complaints(brokers + "[evaluator]\ninstance = \"web-1\"") == [
        "file.toml:3:1: evaluator.instance has moved: write this line under [run], as instance"
      ])
    #expect(load(brokers + "[run]\ninstance = \"web-1\"").settings?.run.instance == "web-1")
  }

  @Test("a syntax error without a clear end stops the reading")
  func noRecovery() {
    #expect(complaints(brokers + "[agent\nhots = 1").count == 1)
    #expect(complaints(brokers + "x = \"\"\"open\nhots = 1").count == 1)
    #expect(complaints(brokers + "x = [1,\n2\nhots = 1").count == 1)
    #expect(load(brokers + "[agent").settings == nil)
  }

  @Test("a file that isn't TOML at all is given up after twenty mistakes")
  func bounded() {
    let lines = (0..<50).map { "key\($0) = value" }.joined(separator: "\n")
    #expect(complaints(lines).count == 20)
  }

  @Test("the deepest allowed nesting is read on a small stack")
  func greatestDepth() throws {
    let key = Array(repeating: "a", count: 16).joined(separator: ".")
    var value = "1"
    for _ in 0..<15 { value = "{\(key) = \(value)}" }
    let text = Array("[[\(key)]]\n\(key) = \(value)\n".utf8)
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      // The file is refused for its unknown keys, so it was read completely.
      #expect(
        Settings.load(text: text, file: "f", surroundings: Surroundings(hostName: "h", client: LibrdkafkaChecks()))
          .settings == nil)
      done.signal()
    }
    thread.stackSize = 1 << 20
    thread.start()
    done.wait()
  }

  @Test("of very many mistakes the first hundred and their number are reported", .timeLimit(.minutes(2)))
  func manyMistakes() {
    let text = "[agent]\n" + (0..<20_000).map { "k\($0)=1\n" }.joined()
    let loaded = load(text)
    #expect(loaded.settings == nil)
    #expect(loaded.complaints.count == 101)
    #expect(loaded.complaints[0].description.hasPrefix("file.toml:1:1: kafka.brokers is missing"))
    #expect(loaded.complaints[99].description.hasPrefix("file.toml:100:1: unknown key agent.k98;"))
    #expect(
      loaded.complaints[100].description == "file.toml: only the first 100 of 20001 complaints are shown")
  }

  @Test("many pieces of advice don't hide later mistakes")
  func adviceAndMistakes() {
    let rule = "[[rule]]\nname = \"r%\"\nmetric = \"m\"\nabove = 1\nmatch = { host = \"a|b\" }\n"
    let rules = (0..<150).map { rule.replacingOccurrences(of: "%", with: "\($0)") }.joined()
    let all = load("kafka.brokers = \"a\"\n" + rules + "[agnet]\n").complaints
    #expect(all.count == 101)
    #expect(all.filter { $0.weight == .mistake }.count == 2)
    #expect(all[99].description.contains("unknown key agnet"))
  }

  @Test("quotes from the file in a complaint have no line ends or control characters")
  func quotes() {
    let all = complaints(
      besideBrokers: "[[rule]]\nname = \"a\\nb\\u001b[2J\\u202ec\"\nmetric = \"m\"\n\"x\\r\\ny\" = 1\n[\"q\\u0085\"]\n")
    for text in all {
      #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x85 && $0.value != 0x202E })
    }
    #expect(all.contains { $0.contains(#"rule a\nb\u{1B}[2J\u{202E}c: unknown key x\r\ny;"#) })
  }

  @Test("a repeated key is reported at the second place")
  func duplicates() {
    #expect(
      complaints(brokers + "[agent]\nhost = \"a\"\nhost = \"b\"") == [
        "file.toml:4:8: not TOML: cannot redefine existing string 'host'; it is already defined further up; keep one of them"
      ])
    #expect(
      complaints(brokers + "[agent]\n[agent]").first?.hasPrefix("file.toml:3:1: not TOML: cannot redefine") == true)
  }

  @Test(
    "a syntax error quotes no value, because it could be a password",
    arguments: [
      "S3cret", "trS3cret", "true_S3cret", "12S3cret", "123456789012345678901234567890", "\"x\" S3cret", "'S3cret",
    ])
  func noValues(value: String) {
    let all = complaints("[kafka]\nbrokers = \"a\"\n[kafka.sasl]\npassword = \(value)\n")
    #expect(!all.isEmpty)
    #expect(all.allSatisfy { !$0.contains("S3") && !$0.contains("cret") && !$0.contains("1234") })
  }

  @Test("the parser's messages keep quoted keys and single characters, and no quoted values")
  func words() {
    #expect(Document.withoutValues("Error while parsing x: expected ',', saw 'long'") == "expected ',', saw '…'")
    #expect(Document.withoutValues("cannot redefine existing string 'a.b'") == "cannot redefine existing string 'a.b'")
    #expect(Document.withoutValues("Error while parsing x: saw 'a'b'") == "saw …")
  }

  @Test("each wording of the parser that advice hangs on still comes, and brings that advice")
  func wordings() {
    let mistakes: [String: String] = [
      "could not determine value type": "a = $x",
      "expected digit": "a = 30s",
      "expected decimal digit": "a = 1e",
      "expected value-terminator": "a = info",
      "expected 'true'": "a = tru",
      "expected 'false'": "a = fals",
      "cannot redefine existing": "a = 1\na = 2",
      "encountered end-of-file": "a = [1,",
      "control characters other than TAB": "a = \"x\nb = 1",
      "expected '='": "a b",
      "unexpected '": "[$a]",
      "too many parts": "a" + String(repeating: ".a", count: 200) + " = 1",
      "unknown escape sequence": "a = \"\\d\"",
    ]
    for cure in SourceText.cures {
      guard let text = mistakes[cure.words] else {
        Issue.record("no mistake for \(cure.words)")
        continue
      }
      let all = complaints(text + "\n")
      #expect(all.contains { $0.contains(cure.words) && $0.hasSuffix("; \(cure.advice)") }, "\(cure.words): \(all)")
    }
  }

  @Test("a byte order mark is skipped")
  func byteOrderMark() {
    let loaded = Settings.load(
      text: [0xEF, 0xBB, 0xBF] + Array(brokers.utf8), file: "f",
      surroundings: Surroundings(hostName: "h", client: LibrdkafkaChecks()))
    #expect(loaded.settings?.kafka.brokers == "a:9092")
  }

  @Test("UTF-16 and invalid UTF-8 are reported with the place")
  func encodings() {
    func first(_ bytes: [UInt8]) -> String? {
      Settings.load(text: bytes, file: "f", surroundings: Surroundings(hostName: "h", client: LibrdkafkaChecks()))
        .complaints.first?.description
    }
    #expect(first([0xFF, 0xFE, 0x61, 0]) == "f:1:1: the file is UTF-16: save it as UTF-8")
    #expect(first([0xFE, 0xFF, 0, 0x61]) == "f:1:1: the file is UTF-16: save it as UTF-8")
    let latin = Array("a = 1\nb = \"Z".utf8) + [0xFC] + Array("rich\"".utf8)
    #expect(first(latin) == "f:2:7: the file isn't UTF-8 from here: save it as UTF-8")
    #expect(first(Array("a = \"ä".utf8) + [0xC3]) == "f:1:7: the file isn't UTF-8 from here: save it as UTF-8")
    #expect(first([0x80]) == "f:1:1: the file isn't UTF-8 from here: save it as UTF-8")
    let wide = Array("[kafka]\nbrokers = 1\n".utf8)
    #expect(first(wide.flatMap { [$0, 0] }) == "f:1:1: the file is UTF-16: save it as UTF-8")
    #expect(first(wide.flatMap { [0, $0] }) == "f:1:1: the file is UTF-16: save it as UTF-8")
    #expect(
      first(Array("a = \u{201C}b\u{201D}\n".utf8))
        == "f:1:5: not TOML: these are curly quotes; write straight ones, key = \"value\"")
    #expect(
      first(Array("a =\u{A0}1\n".utf8)) == "f:1:4: not TOML: there is a no-break space here; write a plain space")
    #expect(first(Array("a = 1\n b".utf8) + [0]) == "f:2:3: there is a zero byte here; remove it")
  }

  @Test("a missing, unreadable or too large file, or a folder, is reported without a line")
  func files() throws {
    let folder = try Folder()
    func first(_ path: String) -> String? {
      Settings.load(path: path, surroundings: Surroundings(hostName: "h", client: LibrdkafkaChecks())).complaints.first?
        .description
    }
    #expect(first("\(folder.path)/none") == "\(folder.path)/none: the configuration doesn't exist")
    #expect(first(folder.path) == "\(folder.path): the configuration is a directory, not a file")
    let large = try folder.write("large", [UInt8](repeating: 10, count: Settings.greatestSize + 1))
    #expect(first(large) == "\(large): the configuration is larger than 1MiB")
    let loop = "\(folder.path)/loop"
    symlink(loop, loop)
    #expect(first(loop)?.contains("can't be opened") == true)
    #expect(first("a\0b")?.contains("zero byte") == true)
  }

  @Test("a pipe is read to its end, but a pipe without a writer is given up")
  func pipes() throws {
    let folder = try Folder()
    let path = "\(folder.path)/pipe"
    #expect(mkfifo(path, 0o600) == 0)
    #expect(throws: SourceFile.Problem(message: "is a pipe that no process writes to")) {
      try SourceFile.read(path, limit: 1000, patience: 1)
    }
    // As for `--config <(…)`.
    var ends: [Int32] = [-1, -1]
    #expect(pipe(&ends) == 0)
    defer { close(ends[0]) }
    write(ends[1], "a = 1", 5)
    close(ends[1])
    #expect(try SourceFile.read("/dev/fd/\(ends[0])", limit: 1000).bytes == Array("a = 1".utf8))
  }

  @Test("for a file without read permission the complaint says that this user may not read it")
  func permissions() throws {
    let folder = try Folder()
    let path = try folder.write("closed", "")
    chmod(path, 0)
    // Root may read everything, so this thread accesses files as another user meanwhile. No Swift module has
    // sys/fsuid.h.
    let address = try #require(dlsym(nil, "setfsuid"))
    let setFileSystemUser = unsafeBitCast(address, to: (@convention(c) (uid_t) -> Int32).self)
    let nobody: uid_t = 65534
    _ = setFileSystemUser(geteuid() == 0 ? nobody : geteuid())
    defer { _ = setFileSystemUser(geteuid()) }
    let loaded = Settings.load(path: path, surroundings: Surroundings(hostName: "h", client: LibrdkafkaChecks()))
    #expect(loaded.complaints.first?.message == "the configuration can't be opened: this user may not read it")
  }

  @Test("a file is read from its path")
  func readsFile() throws {
    let folder = try Folder()
    let path = try folder.write("statusd.toml", brokers)
    #expect(Settings.load(path: path, surroundings: .machineWithKafka).settings?.kafka.brokers == "a:9092")
  }

  @Test("a key with very many parts and a very deeply nested value are complaints")
  func depth() {
    let dotted = String(repeating: "a.", count: 300_000)
    let deep = dotted + "a = 1"
    let words = "not TOML: a key has too many parts; keys of statusd have only a few parts with dots between them"
    #expect(complaints(deep) == ["file.toml:1:34: \(words)"])
    // The same at other places, and after other text on the line.
    #expect(complaints("x = [\"\"\"\n\"\"\", { \(deep) }]") == ["file.toml:2:41: \(words)"])
    #expect(complaints("x = '''\n# \"'''\n\(deep)").last == "file.toml:3:34: \(words)")
    #expect(complaints("[\(dotted)a]") == ["file.toml:1:35: \(words)"])
    #expect(complaints("[[\(dotted)a]]") == ["file.toml:1:36: \(words)"])
    #expect(complaints("[\(String(repeating: "'#' . ", count: 100_000))a]") == ["file.toml:1:102: \(words)"])
    let arrays = "x = " + String(repeating: "[", count: 10_000)
    #expect(complaints(arrays).count == 1)
    let dots = String(repeating: ".", count: 1_000)
    #expect(complaints(brokers + "agent.host = \"\(dots)\"").count == 1)
    #expect(complaints(brokers + "# \(dots)").isEmpty)
  }
}
