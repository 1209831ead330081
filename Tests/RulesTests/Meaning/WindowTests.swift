import Testing

@testable import Rules

@Suite("Step 3: the value")
struct WindowTests {
  @Test("an aggregate looks at the samples from just behind t - window up to t")
  func edges() {
    let story = Story(cpuHigh(critical: 2.5).over(3, .count))
    #expect(story.each(from: 0, [1, 1]).isEmpty)
    #expect(story.at(2, 1) == ["2 firing critical cpu-high/web-1 3 since 2"])
    // The sample at 0 is exactly one window old, so it has left.
    #expect(story.at(3, 1).isEmpty)
    #expect(story.at(5, 1) == ["5 resolved critical cpu-high/web-1 2 since 5"])
  }

  @Test(
    "each aggregate has its value",
    arguments: [
      (Rule.Aggregate.avg, 4.0), (.min, 1), (.max, 9), (.sum, 20), (.count, 5), (.stddev, 2.8284271247461903),
      (.delta, -2), (.rate, 2.25), (.percentile(50), 3), (.percentile(60), 3), (.percentile(61), 5),
      (.percentile(99), 9),
      (.percentile(1), 1),
    ] as [(Rule.Aggregate, Double)])
  func each(aggregate: Rule.Aggregate, wanted: Double) {
    let story = Story(cpuHigh(critical: -100).over(60, aggregate))
    story.each(from: 0, [3, 5, 9, 2, 1])
    #expect(
      aggregate.value(
        of: [3, 5, 9, 2, 1].enumerated().map {
          ReferenceSample(time: Int64($0) * 1000, value: $1)
        }) == wanted)
    #expect(story.engine.alerts().map(\.value) == [wanted])
  }

  @Test("the picture in the documentation is correct")
  func picture() {
    let values: [Double] = [4, 8, 6, 10, 2, 9]
    let wanted: [(Rule.Aggregate, [Double])] = [
      (.avg, [4, 6, 6, 8, 6, 7]), (.max, [4, 8, 8, 10, 10, 10]), (.rate, [.nan, 0.4, 0.5, 0.5, 0.3, 0.45]),
    ]
    for (aggregate, pictured) in wanted {
      let story = Story(cpuHigh(critical: -100).over(30, aggregate))
      for (index, value) in values.enumerated() {
        story.at(Double(index) * 10, value)
        #expect(story.engine.alerts().map(\.value) == (pictured[index].isNaN ? [] : [pictured[index]]))
      }
    }
  }

  @Test("equal values average to exactly themselves and have no spread, however many they are")
  func flat() {
    for value in [1.5990505637277868, 0.1, 90.1, 1e17, .leastNonzeroMagnitude] {
      let story = Story(
        cpuHigh(name: "spread", critical: 0).over(20, .stddev), cpuHigh(name: "over", critical: value).over(20, .avg),
        cpuHigh(name: "under", critical: value, side: .below).over(20, .avg))
      #expect(story.each(from: 0, Array(repeating: value, count: 60)).isEmpty)
    }
  }

  @Test("what cancels out leaves the rest, and what has left the window leaves no trace")
  func cancellation() {
    let story = Story(cpuHigh(critical: 1.5).over(4, .sum))
    let mix = [1, 1e100, 1, -1e100]
    #expect(story.each(from: 0, (0..<20).map { mix[$0 % 4] }) == ["1 firing critical cpu-high/web-1 1e+100 since 1"])
    let spike = Story(cpuHigh(critical: 0.9, side: .below).over(10, .avg))
    #expect(spike.each(from: 0, [1, 1, 1, 1, 1, 1e17] + Array(repeating: 1, count: 30)).isEmpty)
  }

  @Test("percentiles are samples: their rank is whole, never floating")
  func ranks() {
    for percentile in [50, 55, 56, 68, 95, 99] {
      let story = Story(
        cpuHigh(name: "over", critical: Double(percentile)).over(1000, .percentile(percentile)),
        cpuHigh(name: "at", critical: Double(percentile) - 0.5).over(1000, .percentile(percentile)))
      #expect(story.each(from: 0, (1...100).map(Double.init)).map { $0.contains("/web-1 \(percentile) ") } == [true])
    }
    let six = Story(cpuHigh(critical: 11).over(60, .percentile(95)))
    #expect(
      six.each(from: 0, [5.34, 6.56, 5.75, 6.16, 5.93, 11.56]) == ["5 firing critical cpu-high/web-1 11.56 since 5"])
  }

  @Test("rate is what a counter rose by each second, also across its fall")
  func rate() {
    let story = Story(cpuHigh(critical: 9).over(60, .rate))
    // Increases of 100, 40 after a fall, and 60 give 200 in 20 s.
    #expect(story.each(from: 0, every: 10, [1000]).isEmpty)
    #expect(story.at(10, 1100) == ["10 firing critical cpu-high/web-1 10 since 10"])
    #expect(story.at(20, 40) == ["20 resolved critical cpu-high/web-1 7 since 20"])
  }

  @Test("rate and delta need two samples, rate at two times; until then the record decides nothing")
  func twoSamples() {
    let rate = Story(cpuHigh(critical: 1).over(10, .rate))
    rate.at(0, 0) { $0.ownTime = false }
    #expect(rate.at(0, 1000) { $0.ownTime = false }.isEmpty)
    #expect(rate.at(2, 1000) == ["2 firing critical cpu-high/web-1 500 since 2"])
    // Alone in its window again, so a firing alert goes on, whatever the value.
    #expect(rate.at(100, 1000).isEmpty)
    #expect(rate.at(101, 1000) == ["101 resolved critical cpu-high/web-1 0 since 101"])
    let delta = Story(cpuHigh(critical: -1).over(10, .delta))
    #expect(delta.at(0, 5).isEmpty)
    #expect(delta.at(1, 5) == ["1 firing critical cpu-high/web-1 0 since 1"])
  }

  @Test("an aggregate that isn't finite decides nothing")
  func infinite() {
    let story = Story(cpuHigh(critical: 10).over(3, .sum))
    #expect(story.each(from: 0, [1e308, 1e308]) == ["0 firing critical cpu-high/web-1 1e+308 since 0"])
    #expect(story.each(from: 2, [-1e308, -1e308]) == ["3 resolved critical cpu-high/web-1 -1e+308 since 3"])
  }

  @Test("timers that a hole cleared start at the next record that has a value")
  func holeWithoutValue() {
    let story = Story(cpuHigh(critical: 1, hold: .seconds(2), noDataAfter: .seconds(5)).over(4, .rate))
    story.each(from: 0, [0, 10])
    // After a hole the sample at 20 is alone in the window and has no value, so `for` starts anew at 21.
    #expect(story.each(from: 20, [0, 10, 20]).isEmpty)
    #expect(story.at(23, 30) == ["23 firing critical cpu-high/web-1 10 since 21"])
  }

  @Test("a late or repeated record doesn't enter the window")
  func late() {
    let story = Story(cpuHigh(critical: 2.5).over(100, .count))
    story.each(from: 0, [1, 1])
    story.at(0.5, 1)
    story.at(1, 1)
    #expect(story.transitions.isEmpty)
    #expect(story.at(2, 1).count == 1)
  }

  @Test("a hole empties no window, a clock set back empties all")
  func emptied() {
    let story = Story(cpuHigh(critical: 3.5, noDataAfter: .seconds(5)).over(1000, .count))
    story.each(from: 500, [1, 1])
    #expect(story.at(600, 1).isEmpty)
    #expect(story.at(601, 1) == ["601 firing critical cpu-high/web-1 4 since 601"])
    for second in 0..<3 { story.at(Double(second), 1, kafka: Double(1000 + second)) }
    #expect(story.transitions.count == 2)
    #expect(story.transitions.last?.value == 1)
  }

  @Test("a window holds max_samples at most: the oldest are dropped, counted, and said once for a series")
  func full() {
    var bounds = RuleSet.Bounds()
    bounds.maxSamples = 10
    let story = Story(
      cpuHigh(critical: 10).over(1000, .count), cpuHigh(name: "low", critical: 3).over(1000, .min), bounds: bounds)
    #expect(story.each(from: 0, (0..<15).map(Double.init)) == ["13 firing critical low/web-1 4 since 13"])
    #expect(story.engine.counters.samplesDropped == 10)
    #expect(
      story.engine.takeHappenings() == [
        .windowFull(rule: "cpu-high", subject: "web-1", kept: 10), .windowFull(rule: "low", subject: "web-1", kept: 10),
      ])
  }

  @Test("series with and without windows, and with windows of different lengths, look at the same records")
  func together() {
    let story = Story(
      cpuHigh(name: "long", critical: 2.5).over(10, .count), cpuHigh(name: "plain"),
      cpuHigh(name: "short", critical: 1.5).over(2, .count))
    #expect(
      story.each(from: 0, [95, 10, 10]) == [
        "0 firing critical plain/web-1 95 since 0", "1 resolved critical plain/web-1 10 since 1",
        "1 firing critical short/web-1 2 since 1", "2 firing critical long/web-1 3 since 2",
      ])
  }

  @Test("windows go on under new limits, and begin anew with another length or aggregate")
  func reload() {
    let story = Story(cpuHigh(critical: 100).over(60, .sum))
    story.each(from: 0, [30, 30, 30])
    story.reload(cpuHigh(critical: 110).over(60, .sum))
    #expect(story.at(3, 30) == ["3 firing critical cpu-high/web-1 120 since 3"])
    #expect(
      story.reload(cpuHigh(critical: 110).over(61, .sum)) == [
        "3 resolved critical cpu-high/web-1 120 since 3 (rule changed)"
      ])
    #expect(story.at(4, 30).isEmpty)
    #expect(story.at(5, 90) == ["5 firing critical cpu-high/web-1 120 since 5"])
    #expect(story.reload(cpuHigh(critical: 110).over(61, .max)).count == 1)
  }

  @Test("windows that shared their samples go on by themselves where their rules part")
  func parted() {
    let rules = [
      cpuHigh(name: "a", critical: 5.5).over(60, .count), cpuHigh(name: "b", critical: 5.5).over(60, .count),
    ]
    let story = Story(rules[0], rules[1])
    story.each(from: 0, [1, 1, 1])
    var apart = rules[1]
    apart.match = [Rule.Match(field: "role", glob: "db-1")]
    story.reload(rules[0], apart)
    story.each(from: 3, [1, 1])
    #expect(
      story.at(5, 1) { $0.texts["role"] = "db-1" } == ["5 firing critical a/web-1 6 since 5"])
    for second in 6...7 { story.at(Double(second), 1) { $0.texts["role"] = "db-1" } }
    #expect(story.transitions.map(\.rule) == ["a", "b"])
  }
}
