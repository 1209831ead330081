import Foundation
import TestSupport
import Testing

@Suite("statusd test", .waits)
struct RuleTestCommandTests {
  private let text = """
    [[rule]]
    name = "full"
    metric = "disk"
    above = 90
    [[test]]
    name = "full is full"
    interval = "1m"
    series = [{ host = "nas", values = { disk = "80 95 80" } }]
    expect = [{ at = "1m", status = "firing" }, { at = "2m", status = "resolved" }]
    [[test]]
    name = "nearly full is full"
    interval = "1m"
    series = [{ host = "nas", values = { disk = "80 95 80" } }]
    expect = [{ at = "0s", status = "firing" }, { at = "1m", status = "firing", severity = "warning" }]
    """

  @Test("shows which tests pass and how the others fail, with status 1")
  func fails() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(text, to: "tests.toml")
    let ended = try Program.run(["test", file])
    #expect(ended.status == .exited(1))
    #expect(
      ended.output == """
        ok      full is full
        FAILED  nearly full is full  (\(file):10:1)
                -  0s  firing              full  nas                line 14: missing
                ~  1m  firing    critical  full  nas  95  since 1m  line 14: severity is critical, not warning
                +  2m  resolved  critical  full  nas  80  since 2m  not expected
        1 of 2 tests failed

        """)
    #expect(ended.errors == "")
  }

  @Test("control characters in a test's name are escaped")
  func names() throws {
    let directory = try TemporaryDirectory()
    let hostile = text.replacing("is full\"", with: "is \\u001B[2J\\nfull\\u202E\"")
    let file = try directory.write(hostile, to: "tests.toml")
    let ended = try Program.run(["test", file])
    #expect(ended.output.hasPrefix(#"ok      full is \u{1B}[2J\nfull\u{202E}"# + "\n"))
    #expect(ended.output.contains(#"FAILED  nearly full is \u{1B}[2J\nfull\u{202E}  ("#))
  }

  @Test("the example passes, and a mistake is reported with its place")
  func ends() throws {
    let example = packageRoot + "/Config/rules-tests.toml"
    let count = try String(contentsOfFile: example, encoding: .utf8).components(separatedBy: "\n[[test]]\n").count - 1
    #expect(count > 0)
    let ended = try Program.run(["test", example])
    #expect(ended.status == .exited(0))
    #expect(ended.output.hasSuffix("\n\(count) tests passed\n"))
    let directory = try TemporaryDirectory()
    let file = try directory.write(text + "\n[[tset]]\n", to: "tests.toml")
    let bad = try Program.run(["test", file])
    #expect(bad.status == .exited(78))
    #expect(bad.output == "")
    #expect(bad.errors == "\(file):15:3: unknown key tset; did you mean test?\n")
  }
}
