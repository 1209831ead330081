import Records
import TestRandom
import Testing

@testable import Rules

@Suite("Globs")
struct GlobTests {
  private func matches(_ glob: String, _ text: String) -> Bool {
    var text = text
    return text.withUTF8 { Glob(glob).matches(UnsafeRawBufferPointer($0)) }
  }

  @Test("a star stands for any run of characters, a question mark for one, the rest for itself")
  func meaning() {
    #expect(matches("web-*", "web-1"))
    #expect(matches("web-*", "web-"))
    #expect(!matches("web-*", "db-web-1"))
    #expect(matches("*-1", "a-1-1"))
    #expect(matches("w?b", "wäb"))
    #expect(!matches("w?b", "wb"))
    #expect(matches("", ""))
    #expect(!matches("", "a"))
    #expect(matches("**", ""))
    #expect(matches("[a]", "[a]"))
  }

  @Test("a pattern with many stars is quick")
  func quick() {
    #expect(!matches(String(repeating: "*a", count: 50), String(repeating: "a", count: 5000) + "b"))
  }

  @Test("globs agree with a simple recursive definition")
  func reference() {
    var random = SeededRandom(seed: 7)
    for _ in 0..<5000 {
      let glob = String(
        (0..<Int.random(in: 0...6, using: &random)).map { _ in random.pick(["a", "b", "*", "?"]) }.joined())
      let text = String((0..<Int.random(in: 0...8, using: &random)).map { _ in random.pick(["a", "b", "é"]) }.joined())
      #expect(matches(glob, text) == ReferenceEngine.glob(Array(glob)[...], Array(text)[...]), "\(glob) on \(text)")
    }
  }
}

@Suite("Numbers in summaries")
struct NumberTextTests {
  @Test("a value has six significant digits at most, and its whole part is never cut")
  func values() {
    let texts: [(Double, String)] = [
      (97.1, "97.1"), (90, "90"), (69.33333333333333, "69.3333"), (0.1 + 0.2, "0.3"), (-0.0, "0"), (-12.5, "-12.5"),
      (999_999.4, "999999"), (1_234_567.8, "1234568"), (17_053_335_552, "17053335552"), (1e100, "1e+100"),
      (0.000012345678, "1.23457e-05"),
    ]
    for (value, text) in texts { #expect(value.textOfValue == text) }
  }

  @Test("a limit is written as its author wrote it")
  func limits() {
    #expect(90.0.textOfLimit == "90")
    #expect(90.125.textOfLimit == "90.125")
    #expect(1.5990505637277868.textOfLimit == "1.5990505637277868")
    #expect((-0.5).textOfLimit == "-0.5")
  }
}

@Suite("Templates")
struct TemplateTests {
  private func text(_ template: String) throws -> String {
    let story = Story(cpuHigh(hold: .seconds(1)))
    story.each(from: 0, [95, 95.5])
    var transition = try #require(story.transitions.first)
    transition.labels = [Transition.Label(name: "team", value: "{{host}}")]
    return try Template(template, labels: transition.labels).text(for: transition)
  }

  @Test("every place is filled in, and nothing else is touched")
  func places() throws {
    #expect(
      try text("{{rule}} {{host}} {{metric}} {{severity}} {{status}} {{value}} {{threshold}}")
        == "cpu-high web-1 cpu_usage critical firing 95.5 90")
    #expect(try text("{{since}} {{ timestamp }}") == "1970-01-01T00:00:00.000Z 1970-01-01T00:00:01.000Z")
    #expect(try text("a } b {x} }} ") == "a } b {x} }} ")
    #expect(try text("") == "")
  }

  @Test("the value of a label isn't expanded")
  func labels() throws {
    #expect(try text("{{labels.team}}") == "{{host}}")
  }

  @Test("a place with an unknown name or without its end is a mistake")
  func mistakes() {
    #expect(throws: Template.Mistake.unknown("hots")) { try Template("{{ hots }}", labels: []) }
    #expect(throws: Template.Mistake.open) { try Template("{{host}", labels: []) }
  }
}
