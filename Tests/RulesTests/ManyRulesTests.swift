import Glibc
import Records
import Testing

@testable import Rules

@Suite("Many rules")
struct ManyRulesTests {
  /// The CPU seconds of this thread for `body`, the minimum of three runs.
  private func cost(_ body: () -> Void) -> Double {
    (0..<3).map { _ in
      let start = ManyRulesTests.cpuSeconds()
      body()
      return ManyRulesTests.cpuSeconds() - start
    }.min() ?? 0
  }

  private static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// `count` rules, distributed over this number of metrics.
  private func rules(_ count: Int, metrics: Int, windows: Bool = false) -> [Rule] {
    (0..<count).map { number in
      var rule = Rule(
        name: "rule-\(number)", metric: "metric-\(number % metrics)", side: .above, limits: Rule.Limits(critical: 90))
      rule.match = [
        Rule.Match(field: "host", glob: "web-*"), Rule.Match(field: "role", glob: number % 3 == 0 ? "w*" : "*"),
      ]
      if windows { (rule.window, rule.aggregate) = (.seconds(60), .avg) }
      return rule
    }
  }

  /// How many times as much eight times the rules may cost. Quadratic work would cost 64 times as much.
  private static let bound = 24.0

  private func expectLinear(_ step: (Int) -> () -> Void, _ name: Comment) {
    let (few, many) = (cost(step(1000)), cost(step(8000)))
    #expect(many < few * ManyRulesTests.bound, name)
  }

  @Test("the cost of laying out rules grows about linearly", arguments: [false, true])
  func layout(onOneMetric: Bool) {
    expectLinear(
      { count in
        let rules = rules(count, metrics: onOneMetric ? 1 : count)
        return { _ = Engine(rules: RuleSet(rules), topic: "status_topic", partition: 0) }
      }, "layout")
  }

  @Test("the cost of replacing rules grows about linearly", arguments: [false, true])
  func reload(onOneMetric: Bool) {
    expectLinear(
      { count in
        let before = RuleSet(rules(count, metrics: onOneMetric ? 1 : count))
        let after = RuleSet(before.rules.reversed())
        let engine = Engine(rules: before, topic: "status_topic", partition: 0)
        return {
          var made: [Transition] = []
          engine.replaceRules(after, into: &made)
          engine.replaceRules(before, into: &made)
        }
      }, "reload")
  }

  @Test("the cost of storing and reading rules grows about linearly")
  func stored() {
    expectLinear(
      { count in
        let engine = Engine(rules: RuleSet(rules(count, metrics: 2)), topic: "status_topic", partition: 0)
        return {
          var writer = BinaryWriter()
          let key = UnsafeRawBufferPointer(start: nil, count: 0)
          engine.storedRules(instance: "here").write(to: &writer, key: key)
          writer.bytes.withUnsafeBytes { bytes in
            #expect((try? StoredRules(bytes, key: key))?.rules.rules.count == count)
          }
        }
      }, "stored rules")
  }

  @Test("the cost of evaluating and restoring a host grows about linearly with the rules")
  func host() {
    expectLinear(
      { count in
        let story = Story(rules(count, metrics: 4, windows: true))
        func tell(_ second: Double, _ value: Double) {
          story.at(second, nil) { record in
            for metric in 0..<4 { record.numbers["metric-\(metric)"] = value }
            record.texts["role"] = "web"
          }
        }
        tell(0, 10)
        var keeper = Keeper()
        keeper.deliver(story.engine, position: story.offset, changedBefore: .max)
        var second = 1.0
        return {
          // All rules fire, track by track, so their transitions come in another order than the rules.
          tell(second * 1000, 95)
          tell(second * 1000 + 500, 10)
          second += 1
          #expect((try? keeper.restored()) != nil)
        }
      }, "host")
  }
}
