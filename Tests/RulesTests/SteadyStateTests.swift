import Records
import TestAllocations
import Testing

@testable import Rules

/// A record of one host with the same value for every metric, which allocates nothing.
private struct LeanView: RecordView {
  let subject: UnsafeRawBufferPointer
  let subjectHash: UInt64
  var time: Int64 = 0
  var value = 0.0

  var hasKey: Bool { true }
  var bringsOwnTime: Bool { true }
  var kafkaTime: Int64 { time }
  var bootHash: UInt64 { 1 }
  var sequence: Int64 { time }
  var bootID: String { "boot" }
  func field(_ slot: Int) -> Field { .number(value) }
  func string(_ slot: Int) -> UnsafeRawBufferPointer? { nil }
}

@Suite("The engine's steady state")
struct SteadyStateTests {
  /// The allocations of `count` records, one a second, after as many others. Their values vary but never breach.
  private func allocations(_ rules: [Rule], count: Int) -> Int {
    let engine = Engine(rules: RuleSet(rules), topic: "status_topic", partition: 0)
    var transitions: [Transition] = []
    var host = "web-1"
    return host.withUTF8 { name in
      let subject = UnsafeRawBufferPointer(name)
      var view = LeanView(subject: subject, subjectHash: RecordReader.hash(of: subject))
      var before = 0
      for second in 0..<(2 * count) {
        if second == count { before = Int(allocations_of_this_thread()) }
        view.time = Int64(second) * 1000
        view.value = Double((second &* 7919) % 50) / 10
        engine.now = view.time
        engine.logTime = view.time
        engine.apply(record: view, offset: Int64(second), into: &transitions)
        _ = engine.declareSilence(since: 0, limit: 10, into: &transitions)
      }
      let made = Int(allocations_of_this_thread()) - before
      #expect(transitions.isEmpty)
      return made
    }
  }

  @Test("a record allocates nothing, with windows of every aggregate, at_least and no_data")
  func nothing() {
    let aggregates: [Rule.Aggregate] = [
      .avg, .min, .max, .sum, .count, .stddev, .rate, .delta, .percentile(50), .percentile(99),
    ]
    var rules = aggregates.enumerated().map { index, aggregate in
      cpuHigh(name: "rule-\(index)", critical: 1e9).over(Double(20 + 30 * index), aggregate).onSilence(.alert)
    }
    rules.append(cpuHigh(name: "plain", critical: 1e9).repeating(every: 60))
    // Some samples hold the level, but never enough of them.
    rules.append(cpuHigh(name: "votes", critical: 4.5).atLeast(60, of: 60))
    #expect(allocations(rules, count: 2000) == 0)
  }

  @Test("samples take only as much memory as the longest window needs")
  func bounded() {
    let story = Story(cpuHigh(critical: 1e9).over(100, .avg), cpuHigh(name: "b", critical: 1e9).over(10, .max))
    for second in 0..<2000 { story.at(Double(second), 1) }
    #expect(story.engine.state.pointee.series.windows.chunks.count <= 100 / SampleChunk.size + 2)
    #expect(story.engine.state.pointee.series.windows.tracks.count == 1)
  }
}
