import Arguments
import Testing

@Suite("Parsing a command line")
struct ParseTests {
  private func run(_ arguments: String...) -> Parsed? {
    guard case .run(_, let parsed) = Sample.program.parse(arguments) else { return nil }
    return parsed
  }

  private func misuse(_ arguments: String...) -> String? {
    guard case .misuse(let text) = Sample.program.parse(arguments) else { return nil }
    return text.split(separator: "\n").first.map(String.init)
  }

  @Test("a value follows the option's name, an equals sign, or the letter")
  func values() {
    #expect(run("tail", "--topic", "alerts")?[Sample.topic] == "alerts")
    #expect(run("tail", "--topic=alerts")?[Sample.topic] == "alerts")
    #expect(run("tail", "-t", "alerts")?[Sample.topic] == "alerts")
    #expect(run("tail", "-talerts")?[Sample.topic] == "alerts")
    #expect(run("tail", "--topic=a=b")?[Sample.topic] == "a=b")
    #expect(run("tail", "--topic", "--follow")?[Sample.topic] == "--follow")
    #expect(run("tail")?[Sample.topic] == nil)
  }

  @Test("the last of several values counts, and all can be requested")
  func repeated() {
    let parsed = run("tail", "--topic", "a", "--topic=b", "-t", "c")
    #expect(parsed?[Sample.topic] == "c")
    #expect(parsed?.all(Sample.topic) == ["a", "b", "c"])
  }

  @Test("flags are given or not, also in a cluster")
  func flags() {
    #expect(run("tail", "--follow")?[Sample.follow] == true)
    #expect(run("tail")?[Sample.follow] == false)
    let parsed = run("tail", "-fqtalerts")
    #expect(parsed?[Sample.follow] == true)
    #expect(parsed?[Sample.quiet] == true)
    #expect(parsed?[Sample.topic] == "alerts")
  }

  @Test("names may be abbreviated as long as they are unambiguous")
  func abbreviations() {
    #expect(run("tail", "--fol")?[Sample.follow] == true)
    #expect(run("tail", "--to=x")?[Sample.topic] == "x")
    #expect(run("tail", "--for=30s")?[Sample.hold] == .seconds(30))
    #expect(misuse("tail", "--fo") == "prog tail: option '--fo' is ambiguous: '--follow', '--format', '--for'")
  }

  @Test("operands may be anywhere, and every word after two dashes is one")
  func operands() {
    #expect(run("forget", "web-1", "--follow", "web-2")?.operands == ["web-1", "web-2"])
    #expect(run("forget", "--", "--follow")?.operands == ["--follow"])
    #expect(run("forget", "-")?.operands == ["-"])
    #expect(run("forget", "--follow", "--", "a", "--", "b")?.operands == ["a", "--", "b"])
  }

  @Test("surplus and missing operands are named")
  func operandCounts() {
    #expect(misuse("forget") == "prog forget: HOST is missing")
    #expect(misuse("forget", "a", "b", "c", "d") == "prog forget: unexpected operand 'd'")
    #expect(misuse("tail", "alerts") == "prog tail: unexpected operand 'alerts'")
  }

  @Test("unknown names are reported, with a suggestion")
  func unknown() {
    #expect(misuse("tial") == "prog: unknown command 'tial' (did you mean 'tail'?)")
    #expect(misuse("frobnicate") == "prog: unknown command 'frobnicate'")
    #expect(misuse("tail", "--topci", "x") == "prog tail: unknown option '--topci' (did you mean '--topic'?)")
    #expect(misuse("tail", "--topci=x") == "prog tail: unknown option '--topci' (did you mean '--topic'?)")
    #expect(misuse("tail", "--frobnicate") == "prog tail: unknown option '--frobnicate'")
    #expect(misuse("tail", "-x") == "prog tail: unknown option '-x'")
    #expect(misuse("tail", "-fx") == "prog tail: unknown option '-x'")
    #expect(misuse("--verison") == "prog: unknown option '--verison' (did you mean '--version'?)")
    #expect(misuse("forget", "web-1", "--folow") == "prog forget: unknown option '--folow' (did you mean '--follow'?)")
  }

  @Test("a missing or unexpected value is reported")
  func valueCounts() {
    #expect(misuse("tail", "--topic") == "prog tail: option '--topic' needs a value")
    #expect(misuse("tail", "-t") == "prog tail: option '--topic' needs a value")
    #expect(misuse("tail", "--follow=yes") == "prog tail: option '--follow' takes no value")
  }

  @Test("a missing command or required option is an error")
  func required() {
    #expect(misuse() == "prog: a command is missing")
    #expect(misuse("--") == "prog: a command is missing")
    #expect(misuse("run") == "prog run: option '--config' is required")
    #expect(run("run", "-c", "x")?[Sample.config] == "x")
  }

  @Test("a usage error says where to find help")
  func hint() {
    guard case .misuse(let text) = Sample.program.parse(["tail", "-x"]) else {
      Issue.record("not a usage error")
      return
    }
    #expect(text == "prog tail: unknown option '-x'\nTry 'prog tail --help' for more information.\n")
  }

  @Test("help and version take precedence over everything after them")
  func helpAndVersion() {
    for arguments in [["--help"], ["-h"], ["--help", "tail"], ["--he"]] {
      guard case .show(let text) = Sample.program.parse(arguments) else {
        Issue.record("\(arguments) shows nothing")
        continue
      }
      #expect(text == Sample.program.help)
    }
    for arguments in [["tail", "--help"], ["tail", "-fh"], ["run", "--help"], ["forget", "a", "--help"]] {
      guard case .show(let text) = Sample.program.parse(arguments) else {
        Issue.record("\(arguments) shows nothing")
        continue
      }
      #expect(text.hasPrefix("Usage: prog \(arguments[0])"))
    }
    guard case .show("prog 1.2.3\n") = Sample.program.parse(["--version"]) else {
      Issue.record("no version")
      return
    }
  }

  @Test("values are parsed by the kind of their option")
  func kinds() {
    #expect(run("tail", "--format", "json")?[Sample.format] == .json)
    #expect(run("tail", "--count", "10")?[Sample.count] == 10)
    #expect(run("tail", "--for", "1h30m")?[Sample.hold] == .seconds(5400))
    #expect(run("tail", "--rate", "0.5")?[Sample.rate] == 0.5)
  }

  @Test("a wrong value is quoted, with what is expected")
  func wrongKinds() {
    #expect(
      misuse("tail", "--format", "jsno")
        == "prog tail: option '--format': 'jsno' is not one of pretty, json (did you mean 'json'?)")
    #expect(misuse("tail", "--count", "0") == "prog tail: option '--count': '0' is not a whole number from 1 to 100")
    #expect(
      misuse("tail", "--count", "1e1") == "prog tail: option '--count': '1e1' is not a whole number from 1 to 100")
    #expect(
      misuse("tail", "--count", "99999999999999999999")
        == "prog tail: option '--count': '99999999999999999999' is not a whole number from 1 to 100")
    #expect(
      misuse("tail", "--for", "90") == "prog tail: option '--for': '90' is not a duration such as 30s, 10m or 1h30m")
    #expect(misuse("tail", "--for", "2d") == "prog tail: option '--for': '2d' is not from 1s to 1d")
    #expect(misuse("tail", "--rate", "nan") == "prog tail: option '--rate': 'nan' is not a number from 0.0 to 1.0")
    #expect(misuse("tail", "--topic", "") == "prog tail: option '--topic': '' is empty")
  }

  @Test("every value is checked, not only the one that counts")
  func everyValue() {
    #expect(misuse("tail", "--count", "x", "--count", "1")?.contains("'x'") == true)
  }

  @Test("command lines can be parsed concurrently, although getopt has global state")
  func concurrent() async {
    await withTaskGroup(of: Bool.self) { group in
      for n in 1...100 {
        group.addTask {
          guard case .run(_, let parsed) = Sample.program.parse(["tail", "-fq", "--count", "\(n)", "-t", "t\(n)"])
          else {
            return false
          }
          return parsed[Sample.count] == n && parsed[Sample.topic] == "t\(n)"
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}
