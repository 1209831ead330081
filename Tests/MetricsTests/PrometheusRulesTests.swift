import Foundation
import Records
import TestSupport
import Testing

@testable import Metrics

@Suite("Config/prometheus-rules.yml")
struct PrometheusRulesTests {
  private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Config/prometheus-rules.yml")

  /// Where promtool is; nil if it isn't installed.
  private static let promtool = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map { "\($0)/promtool" }.first { FileManager.default.isExecutableFile(atPath: $0) }

  @Test("promtool accepts it", .enabled(if: promtool != nil))
  func accepted() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.promtool))
    process.arguments = ["check", "rules", Self.path.path]
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test("each series that it names is one that is shown")
  func names() throws {
    let text = try String(contentsOf: Self.path, encoding: .utf8)
    let used = Set(text.matches(of: /\bstatusd_[a-z_]+/).map { String($0.output) })
    #expect(used.count == 6)
    #expect(used.isSubset(of: MetricsBook.names))
  }
}
