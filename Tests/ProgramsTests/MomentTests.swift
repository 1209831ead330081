import Arguments
import Platform
import Programs
import Testing
import Topics

@Suite("A moment on the command line")
struct MomentTests {
  private let now = WallTime(milliseconds: 1_795_176_000_000)

  @Test("is a duration before now, a time, or an end of the topic")
  func readings() throws {
    #expect(try Moment(text: "beginning") == .beginning)
    #expect(try Moment(text: "now").wall(now: now) == nil)
    #expect(try Moment(text: "1h30m").wall(now: now) == WallTime(milliseconds: 1_795_170_600_000))
    #expect(try Moment(text: "2026-11-20T13:00:00+01:00").wall(now: now) == now)
  }

  @Test("anything else is refused", arguments: ["", "-1h", "1", "yesterday", "2026-11-20", "2026-11-20T12:00:00"])
  func refused(_ text: String) {
    #expect(throws: ValueError.self) { try Moment(text: text) }
  }
}
