import Records
import Testing

@testable import Rules

@Suite("The keys of a rule as data")
struct RuleKeyTests {
  /// A rule that sets every key but `above`.
  private let full: Rule = {
    var rule = Rule(name: "r", metric: "m", side: .below, limits: Rule.Limits(warning: 20, critical: 5.5))
    rule.window = .seconds(60)
    rule.aggregate = .percentile(95)
    rule.clear = Rule.Limits(warning: 25)
    rule.hold = .milliseconds(90)
    rule.keepFiringFor = .seconds(60)
    rule.atLeast = Rule.AtLeast(count: 3, of: 5)
    rule.noData = .alert
    rule.noDataAfter = .seconds(2)
    rule.repeatEvery = .seconds(14_400)
    rule.match = [Rule.Match(field: "host", glob: "web-*")]
    rule.labels = [Transition.Label(name: "team", value: "infra")]
    rule.summary = "s"
    return rule
  }()

  private func bytes(of rule: Rule, keys: [RuleKey] = RuleKey.all) -> [UInt8] {
    var writer = BinaryWriter()
    rule.write(to: &writer, keys: keys)
    return writer.bytes
  }

  private func rule(from bytes: some Sequence<UInt8>, version: UInt8, keys: [RuleKey] = RuleKey.all) throws -> Rule {
    try Array(bytes).withUnsafeBytes { bytes throws in
      var reader = BinaryReader(bytes)
      let rule = try Rule(from: &reader, version: version, keys: keys)
      try reader.end()
      return rule
    }
  }

  @Test("a rule has the same bytes in the changelog as in version 1, and behind them the keys that came later")
  func encoding() throws {
    let expected = [
      "0172", "016d", "017800", "5f", "01", "010000000000003440010000000000001640", "01000000000000394000",
      "008080c8dcbda1dfbf02", "7800", "01060a", "02", "010400", "0180e10100", "0104686f7374057765622d2a",
      "01047465616d05696e667261", "010173",
    ]
    let shown = bytes(of: full).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(shown == expected.joined() + "00")
    #expect(try rule(from: bytes(of: full).dropLast(), version: 1) == full)
    #expect(try rule(from: bytes(of: cpuHigh(critical: 1)), version: 3) == cpuHigh(critical: 1))
  }

  @Test("a rule over a stream's records keeps the stream and whose its records are")
  func stream() throws {
    var watching = full
    for field in [nil, "customer"] {
      watching.stream = StreamSubject(stream: "orders", field: field)
      #expect(try rule(from: bytes(of: watching), version: 3) == watching)
    }
  }

  @Test("a key of a later version follows the others, and has its default if an older version wrote the rule")
  func laterKey() throws {
    let later = RuleKey("repeat_every", .optionalDuration(\.repeatEvery), since: 4)
    let older = RuleKey.all.filter { $0.name != later.name }
    let keys = RuleKey.all.map { $0.name == later.name ? later : $0 }
    #expect(RuleKey.version(of: older) == 3)
    #expect(RuleKey.version(of: keys) == 4)
    #expect(bytes(of: full, keys: keys) == bytes(of: full, keys: older) + [0x01, 0x80, 0xe1, 0x01, 0x00])
    #expect(try rule(from: bytes(of: full, keys: keys), version: 4, keys: keys) == full)
    var without = full
    without.repeatEvery = nil
    #expect(try rule(from: bytes(of: full, keys: older), version: 3, keys: keys) == without)
  }

  @Test("every key is printed once, and has a unique name")
  func names() {
    let names = RuleKey.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(RuleKey.printed.map(\.name).sorted() == names.sorted())
    #expect(RuleKey.named("keep_firing_for")?.name == "keep_firing_for")
    #expect(RuleKey.named("keep_fireing_for") == nil)
    #expect(RuleKey.all.filter(\.isRequired).map(\.name) == ["name", "metric"])
  }

  @Test("a rule begins anew only under another name, metric, stream, side, window, aggregate or at_least")
  func change() {
    let changes: [(key: String, change: (inout Rule) -> Void, goesOn: Bool)] = [
      ("name", { $0.name = "other" }, false), ("metric", { $0.metric = "other" }, false),
      ("stream", { $0.stream = StreamSubject(stream: "orders") }, false),
      ("window", { $0.window = nil }, false), ("aggregate", { $0.aggregate = .avg }, false),
      ("above", { $0.side = .above }, false), ("below", { $0.limits = Rule.Limits(critical: 5) }, true),
      ("clear", { $0.clear = Rule.Limits() }, true), ("for", { $0.hold = .zero }, true),
      ("keep_firing_for", { $0.keepFiringFor = .zero }, true), ("at_least", { $0.atLeast = nil }, false),
      ("no_data", { $0.noData = .ok }, true), ("no_data_after", { $0.noDataAfter = nil }, true),
      ("repeat_every", { $0.repeatEvery = nil }, true), ("match", { $0.match = [] }, true),
      ("labels", { $0.labels = [] }, true), ("summary", { $0.summary = nil }, true),
    ]
    #expect(changes.map(\.key) == RuleKey.all.map(\.name))
    for (key, change, goesOn) in changes {
      var changed = full
      change(&changed)
      #expect(full.meansTheSame(as: changed) == goesOn, "\(key)")
    }
  }
}
