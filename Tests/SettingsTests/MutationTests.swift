import Backtest
import Foundation
import TestRandom
import Testing
import Topics

@testable import Settings

@Suite("Mutated files")
struct MutationTests {
  /// `STATUSD_MUTANTS=100000` tries more.
  private static let count = ProcessInfo.processInfo.environment["STATUSD_MUTANTS"].flatMap { Int($0) } ?? 2000

  private static let surroundings = Surroundings(hostName: "h", client: LibrdkafkaChecks()) { ["HOME": "/root"][$0] }

  @Test("mutants of the example configurations are accepted, or get complaints with places")
  func configurations() throws {
    let files = try ["statusd", "minimal", "fleet"].map { Array(try Repository.text("Config/\($0).toml").utf8) }
    var random = SeededRandom(seed: 13)
    for _ in 0..<Self.count {
      let text = Self.mutant(of: random.pick(files), &random)
      let loaded = Settings.load(text: text, file: "f", surroundings: Self.surroundings)
      expectSane(loaded.complaints, isUsable: loaded.settings != nil, text)
    }
  }

  @Test("mutants of streams are accepted, or get complaints with places")
  func streams() {
    let file = Array(("[kafka]\nbrokers = \"a:1\"\n" + StreamExample.file).utf8)
    var random = SeededRandom(seed: 15)
    for _ in 0..<Self.count {
      let text = Self.mutant(of: file, &random)
      let loaded = Settings.load(text: text, file: "f", surroundings: Self.surroundings)
      expectSane(loaded.complaints, isUsable: loaded.settings != nil, text)
      if let settings = loaded.settings, !settings.streams.isEmpty {
        let again = Settings.load(
          text: Array(settings.describe().utf8), file: "f", surroundings: Self.surroundings)
        #expect(again.settings?.streams == settings.streams, "\(String(decoding: text, as: UTF8.self))")
      }
    }
  }

  @Test("mutants of the example rule tests are accepted, or get complaints with places")
  func ruleTests() throws {
    let file = Array(try Repository.text("Config/rules-tests.toml").utf8)
    var random = SeededRandom(seed: 14)
    for _ in 0..<(Self.count / 2) {
      let text = Self.mutant(of: file, &random)
      let loaded = RuleTests.load(text: text, file: "Config/f", surroundings: Self.surroundings)
      expectSane(loaded.complaints, isUsable: loaded.tests != nil, text)
    }
  }

  /// A file, or a piece of one, with a few mistakes.
  private static func mutant(of file: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var text = file
    if text.count > 700, random.once(in: 2) {
      let start = random.below(text.count - 700)
      text = Array(text[start..<(start + 700)])
    }
    return random.broken(random.broken(text, with: tokens), with: tokens)
  }

  /// Texts with a meaning in TOML, and similar ones.
  private static let tokens: [[UInt8]] = [
    "[", "]", "[[", "]]", "{", "}", "\"", "'", "\"\"\"", "'''", ".", "..", ",", "=", "#", "\n", "\r", "\r\n", "\t", " ",
    "\\", "\\u", "\\U", "\\x", "\\\n", "$", "${", "${HOME}", "*", ":", "+", "-", "_", "a.b", "a . b", "\"a b\".'c'",
    "1979-05-27", "1979-05-27T", "1979-05-27 1", "1979-05-27T07:32:00Z", "07:32:00", "-07:00", "0x", "0b", "0o",
    "0xDEAD", "1_0", "1__0", "01", "1e", "1e9999", "1.", ".5", "inf", "-nan", "true", "fals", "9223372036854775808",
    "[a]\n", "[[a]]\n", "[a.b]\n", "a={b=1,c=[1,{d=2}]}\n", "\u{7F}", "\u{1}", "\0", "é", "€", "\u{1F600}", "\u{2003}",
    "\u{FEFF}", "\u{202E}", "\u{85}",
  ].map { Array($0.utf8) }

  private func expectSane(_ complaints: [Complaint], isUsable: Bool, _ text: [UInt8]) {
    #expect(isUsable == !complaints.contains { $0.weight == .mistake }, "\(String(decoding: text, as: UTF8.self))")
    #expect(complaints.count <= 202)
    for complaint in complaints { SettingsTests.expectSane(complaint, of: text.count) }
  }
}
