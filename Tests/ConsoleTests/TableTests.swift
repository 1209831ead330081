import Testing

@testable import Console

@Suite("A table")
struct TableTests {
  @Test("has columns as wide as their content, aligned as requested, and escapes control characters")
  func columns() {
    var table = Table(["rule", "alerts", "note"], rightAligned: [1])
    table.append(["cpu", "12", ""])
    table.append(["memory\n", "3", "x"])
    #expect(
      table.text == """
        rule      alerts  note
        cpu           12
        memory\\n       3  x

        """)
  }
}
