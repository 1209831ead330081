import Foundation
import Testing

@Suite("docs/rules.md")
struct DocumentationTests {
  @Test("every test that the text names exists")
  func namedTests() throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .resolvingSymlinksInPath()
    let root = tests.deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("docs/rules.md"), encoding: .utf8)
    let names = text.split(separator: "⟨").dropFirst().compactMap { $0.split(separator: "⟩").first }.map { name in
      name.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    var sources = ""
    for case let file as URL in FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil) ?? .init()
    where file.pathExtension == "swift" {
      sources += try String(contentsOf: file, encoding: .utf8)
    }
    sources = sources.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      .replacingOccurrences(of: "@Test( ", with: "@Test(")
    #expect(names.count > 100)
    for name in Set(names)
    where !sources.contains("@Test(\"\(name)\")") && !sources.contains("@Test(\"\(name)\", arguments:") {
      Issue.record("no test says: \(name)")
    }
  }
}
