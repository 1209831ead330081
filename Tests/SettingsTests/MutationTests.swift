import Foundation
import TestRandom
import Testing

@testable import Settings

@Suite("Mutated files")
struct MutationTests {
  private static let surroundings = Surroundings(hostName: "h") { ["HOME": "/root"][$0] }

  /// `STATUSD_MUTANTS=100000` tries more of them.
  private static let count = ProcessInfo.processInfo.environment["STATUSD_MUTANTS"].flatMap { Int($0) } ?? 2000

  @Test("mutants of the configurations that come along are read, or complained of with their places")
  func configurations() throws {
    let seeds = try ["Config/statusd.toml", "Config/minimal.toml"].map { Array(try Repository.text($0).utf8) }
    var mutator = Mutator(seed: 13, of: seeds, tokens: Mutator.toml, longest: 700)
    for _ in 0..<Self.count {
      let text = mutator.next()
      let loaded = Settings.load(text: text, file: "f", surroundings: Self.surroundings)
      expectSane(loaded.complaints, isUsable: loaded.settings != nil, text)
    }
  }

  @Test("mutants of the tests of rules that come along are read, or complained of with their places")
  func ruleTests() throws {
    let text = Array(try Repository.text("Config/rules-tests.toml").utf8)
    var mutator = Mutator(seed: 14, of: [text], tokens: Mutator.toml, longest: 700)
    for _ in 0..<(Self.count / 2) {
      let text = mutator.next()
      let loaded = RuleTests.load(text: text, file: "Config/f", surroundings: Self.surroundings)
      expectSane(loaded.complaints, isUsable: loaded.tests != nil, text)
    }
  }

  private func expectSane(_ complaints: [Complaint], isUsable: Bool, _ text: [UInt8]) {
    #expect(isUsable == !complaints.contains { $0.weight == .mistake }, "\(String(decoding: text, as: UTF8.self))")
    #expect(complaints.count <= 202)
    for complaint in complaints { SettingsTests.expectSane(complaint, of: text.count) }
  }
}
