import ProcFS
import Records
import Testing

@testable import Settings

@Suite("The tags of a host in the file")
struct TagsTests {
  private func tags(_ lines: String, _ variables: [String: String] = [:]) -> [StatusRecord.Tag]? {
    load("kafka.brokers = \"a:1\"\n" + lines, variables).settings?.agent.tags
  }

  private let both = [StatusRecord.Tag(name: "role", value: "web"), StatusRecord.Tag(name: "rack", value: "r12")]

  @Test("tags are texts, in a table of their own or in one line; none by default")
  func read() {
    #expect(tags("[agent.tags]\nrole = \"web\"\nrack = \"r12\"") == both)
    #expect(tags("[agent]\ntags = { role = \"web\", rack = \"r12\" }") == both)
    #expect(tags("agent.tags.role = \"web\"\nagent.tags.\"rack\" = \"r12\"") == both)
    #expect(tags("[agent.tags]") == [])
    #expect(tags("") == [])
  }

  @Test("variables are replaced, as in other texts, and the value is printed so that it loads again")
  func variables() throws {
    let text = "kafka.brokers = \"a:1\"\n[agent.tags]\nrole = \"${ROLE}\"\n\"a b\" = \"$${x} \\\"q\\\"\""
    let settings = try #require(load(text, ["ROLE": "web\n"]).settings)
    #expect(settings.agent.tags == [.init(name: "role", value: "web"), .init(name: "a b", value: "${x} \"q\"")])
    #expect(settings.describe().contains("tags = { role = \"web\", \"a b\" = \"$${x} \\\"q\\\"\" }\n"))
    #expect(load(settings.describe()).settings == settings)
    #expect(
      complaints(text, [:]) == [
        "file.toml:3:8: agent.tags.role: the variable ROLE isn't set; set it in the environment of statusd, or write "
          + "the value here"
      ])
  }

  @Test("other tags need a restart, as a host's other settings do")
  func restart() {
    let old = Settings(brokers: "a:1", hostName: "h")
    var new = old
    new.agent.tags = both
    #expect(old.changesThatNeedRestart(to: new) == ["agent.tags"])
    #expect(new.changesThatNeedRestart(to: old) == ["agent.tags"])
    #expect(new.changesThatNeedRestart(to: new) == [])
  }

  @Test(
    "a wrong tag is refused with the place and what to do",
    arguments: [
      ("role = 5", "3:8: agent.tags.role: that is a whole number: write a text in quotes"),
      ("role.a = \"b\"", "3:1: agent.tags.role: that is a table: write a text in quotes"),
      ("role = \"\"", "3:8: agent.tags.role: a tag can't be empty: write its text, or leave the tag out"),
      ("role = \"a\\u0007\"", "3:8: agent.tags.role: a tag can't contain control characters"),
      ("role = \"a\\u0085\"", "3:8: agent.tags.role: a tag can't contain control characters"),
      ("role = \"a\\u0000\"", "3:8: agent.tags.role: it contains a zero byte; remove \\u0000"),
      ("\"\" = \"a\"", "3:1: agent.tags.: a tag needs a name: it is a field of the record"),
      ("\"a\\u0007\" = \"a\"", "3:1: agent.tags.a\\u{7}: a tag's name can't contain control characters"),
    ])
  func wrong(line: String, expected: String) {
    #expect(complaints(besideBrokers: "[agent.tags]\n\(line)") == ["file.toml:\(expected)"])
  }

  @Test("a tag can't be named like a field that a status record has or can have")
  func shadows() {
    let fields = StatusRecord.fields(with: Sampler.metrics)
    #expect(fields.isSuperset(of: ["timestamp", "host", "kind", "cpu_usage", "boot_id", "sequence", "gap"]))
    for field in fields {
      #expect(
        complaints(besideBrokers: "[agent.tags]\n\(field) = \"a\"") == [
          "file.toml:3:1: agent.tags.\(field): status records have a field \(field) of their own; give the tag another "
            + "name, such as host_\(field)"
        ])
    }
  }

  @Test("a misspelt table is named with the right one; a text instead of a table is refused")
  func names() {
    #expect(
      complaints(besideBrokers: "[agent.tag]\nrole = \"web\"") == [
        "file.toml:2:8: unknown key agent.tag; did you mean tags?"
      ])
    #expect(
      complaints(besideBrokers: "agent.tags = \"web\"") == [
        "file.toml:2:14: agent.tags: that is a text: write a table of texts, [agent.tags] and under it role = \"web\""
      ])
  }

  @Test("32 tags with names and texts of 255 bytes are the most")
  func bounds() {
    func lines(_ count: Int) -> String { (0..<count).map { "t\($0) = \"a\"\n" }.joined() }
    #expect(tags("[agent.tags]\n" + lines(32))?.count == 32)
    #expect(
      complaints(besideBrokers: "[agent.tags]\n" + lines(33)).first?.hasSuffix(
        "agent.tags: there are 33 tags: the maximum is 32") == true)
    let long = String(repeating: "x", count: 255)
    #expect(tags("[agent.tags]\n\(long) = \"\(long)\"")?.count == 1)
    #expect(
      complaints(besideBrokers: "[agent.tags]\n\(long)x = \"a\"").first?
        .hasSuffix("a tag's name may have at most 255 bytes") == true)
    #expect(
      complaints(besideBrokers: "[agent.tags]\na = \"\(long)x\"") == [
        "file.toml:3:5: agent.tags.a: a tag may have at most 255 bytes"
      ])
  }

  @Test("tags with which a record wouldn't fit are refused, if this process samples the host")
  func size() {
    let long = String(repeating: "x", count: 255)
    func text(_ count: Int, role: String = "all") -> String {
      "run.role = \"\(role)\"\n[kafka.properties]\n\"message.max.bytes\" = 2000\n[agent.tags]\n"
        + (0..<count).map { "t\($0) = \"\(long)\"\n" }.joined()
    }
    #expect(complaints(besideBrokers: text(3)) == [])
    let all = complaints(besideBrokers: text(8))
    #expect(all.count == 1)
    #expect(all.first?.hasPrefix("file.toml:5:1: agent.tags: with these tags a status record has up to ") == true)
    #expect(all.first?.contains("bytes, and a record at most 2000; write fewer or shorter ones, or set") == true)
    #expect(complaints(besideBrokers: text(8, role: "evaluator")) == [])
  }
}
