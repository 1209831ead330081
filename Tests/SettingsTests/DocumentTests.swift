import Testing
import Topics

@testable import Settings

@Suite("A TOML document")
struct DocumentTests {
  private func places(_ text: String) throws -> [String] {
    let document = try Document(parsing: Array(text.utf8))
    return document.nodes.dropFirst().map { node in
      "\(node.key) \(node.keyPosition.line):\(node.keyPosition.column) \(node.position.line):\(node.position.column)"
    }.sorted()
  }

  @Test("every key and value has its place, even in inline tables, arrays of tables and dotted keys")
  func positions() throws {
    let text = """
      [a]
      "ü" = "ä" # c
      x = { y = 1, z = ["p", "q"] }
      [[r]]
      n.m = true
      [[r]]
      """
    #expect(
      try places(text)
        == [
          " 3:19 3:19", " 3:24 3:24", " 4:1 4:1", " 6:1 6:1", "a 1:2 1:1", "m 5:3 5:7", "n 5:1 5:1", "r 4:3 4:1",
          "x 3:1 3:5", "y 3:7 3:11", "z 3:14 3:18", "ü 2:1 2:7",
        ].sorted())
  }

  @Test("values are read unchanged")
  func values() throws {
    let text = "a = \"x\\u0000y\"\nb = -9223372036854775808\nc = 1e308\nd = false\ne = 2026-01-01T00:00:00Z\nf = 'ü'\n"
    let document = try Document(parsing: Array(text.utf8))
    #expect(
      document.nodes.dropFirst().map(\.value) == [
        .string("x\0y"), .integer(.min), .real(1e308), .boolean(false), .dateTime, .string("ü"),
      ])
  }

  @Test("children come in the order of the text")
  func order() throws {
    let document = try Document(parsing: Array("z = 1\na = 2\nm = 3".utf8))
    #expect(document.nodes[0].children.map { document.nodes[$0].key } == ["z", "a", "m"])
    #expect(document.child("a", of: 0) != nil)
    #expect(document.child("b", of: 0) == nil)
  }

  @Test("an empty text is an empty document")
  func empty() throws {
    #expect(try Document(parsing: []).nodes.count == 1)
  }

  @Test("truncated documents, and documents with a changed byte, don't crash the parser")
  func mutations() throws {
    let text = Array(try Repository.text("Config/statusd.toml").utf8).filter { $0 < 0x80 }
    let sample = Array(text.suffix(700))
    var seed: UInt64 = 7
    for round in 0..<400 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var bytes = sample
      bytes[Int(seed >> 33) % bytes.count] = UInt8(truncatingIfNeeded: seed >> 20)
      if round % 2 == 0 { bytes.removeLast(Int(seed >> 40) % bytes.count) }
      let loaded = Settings.load(
        text: bytes, file: "f", surroundings: Surroundings(hostName: "h", client: LibrdkafkaChecks()))
      #expect(loaded.settings == nil)
      #expect(!loaded.complaints.isEmpty)
    }
  }
}
