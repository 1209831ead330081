import Foundation
import Platform
import Testing

@Suite("Process memory")
struct ProcessMemoryTests {
  private func residentKilobytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
    return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
  }

  @Test("memory that only the start needed is released, and its pages are still readable")
  func forgetStart() throws {
    let text = (0..<1000).map { "\($0)" }.joined(separator: ",")
    let before = try residentKilobytes()
    ProcessMemory.forgetStart()
    #expect(try residentKilobytes() < before)
    #expect((0..<1000).map { "\($0)" }.joined(separator: ",") == text)
  }
}
