import TestRandom
import Testing

@testable import Rules

@Suite("Windows")
struct WindowRoomTests {
  private static let aggregates: [Rule.Aggregate] = [
    .avg, .min, .max, .sum, .count, .stddev, .rate, .delta, .percentile(1), .percentile(50), .percentile(55),
    .percentile(95), .percentile(99),
  ]

  private static func plan(_ aggregate: Rule.Aggregate, _ window: Duration) -> WindowPlan {
    var rule = cpuHigh()
    (rule.window, rule.aggregate) = (window, aggregate)
    return WindowPlan(rule)
  }

  /// Doubles of several kinds: ordinary values of hosts, and extreme ones.
  private static func value(_ kind: Int, _ random: inout SeededRandom) -> Double {
    switch kind {
    case 0: Double(Int.random(in: -20...20, using: &random)) / 4
    case 1: Double(Int.random(in: 0...1000, using: &random)) / 10
    case 2: random.pick([1, 1e100, -1e100, 0, -0.0, 1e17, 0.1, 1.5990505637277868])
    case 3: Double(bitPattern: UInt64.random(in: 0...0x000F_FFFF_FFFF_FFFF, using: &random)) * random.pick([1, -1])
    case 4:
      random.pick([Double.greatestFiniteMagnitude, -Double.greatestFiniteMagnitude, 1e308, .leastNonzeroMagnitude])
    default:
      Double(
        sign: random.once(in: 2) ? .plus : .minus, exponent: Int.random(in: -1022...1000, using: &random),
        significand: Double.random(in: 1..<2, using: &random))
    }
  }

  @Test("an aggregate is a function of the samples in the window alone, exact, whatever they are", arguments: 0..<8)
  func againstReference(part: Int) {
    let cases = (Environment.int("STATUSD_CASES") ?? 6000) / 200
    for number in 0..<cases {
      let seed = UInt64((Environment.int("STATUSD_SEED") ?? 1) * 1_000_003 + part * cases + number)
      var random = SeededRandom(seed: seed)
      var room = WindowRoom(maxSamples: random.pick([5, 40, 10_000]))
      let length = Int64(random.pick([1000, 8000, 50_000]))
      let kind = Int.random(in: 0...6, using: &random)
      let track = room.tracks.take(SampleTrack())
      let plans = Self.aggregates.map { Self.plan($0, .milliseconds(length)) }
      let windows = plans.map { room.makeWindow($0, over: track) }
      var samples: [ReferenceSample] = []
      var time: Int64 = 0
      for _ in 0..<Int.random(in: 1...90, using: &random) {
        time += random.pick([0, 500, 1000, 1000, 1000, random.once(in: 20) ? 60_000 : 1000])
        let value = Self.value(kind == 6 ? Int.random(in: 0...5, using: &random) : kind, &random)
        samples.append(ReferenceSample(time: time, value: value))
        let sample = room.append(value, at: time, to: track)
        let inWindow = Array(samples.filter { $0.time > time - length }.suffix(room.maxSamples))
        for (index, plan) in plans.enumerated() {
          _ = room.slide(windows[index], plan, to: sample)
          let x = room.aggregate(windows[index], plan)
          let wanted = Self.aggregates[index].value(of: inWindow)
          if x == wanted || x.isNaN && wanted == nil { continue }
          Issue.record("seed \(seed): \(Self.aggregates[index]) is \(x), should be \(wanted ?? .nan) of \(inWindow)")
          return
        }
        if random.once(in: 10) { for (window, plan) in zip(windows, plans) { room.rebuild(window, plan) } }
        room.trim(track, before: windows.map { room.windows[$0].pointee.firstSample }.min() ?? 0)
      }
    }
  }

  @Test("the memory of samples outside every window is released, and clearing a track releases all")
  func trimmed() {
    var room = WindowRoom(maxSamples: 10_000)
    let plan = Self.plan(.avg, .seconds(10))
    let track = room.tracks.take(SampleTrack())
    let window = room.makeWindow(plan, over: track)
    for second in 0..<1000 {
      let sample = room.append(1, at: Int64(second) * 1000, to: track)
      #expect(room.slide(window, plan, to: sample) == 0)
      room.trim(track, before: room.windows[window].pointee.firstSample)
      #expect(room.chunks.count <= 2)
    }
    room.empty(window)
    room.clear(track)
    #expect(room.chunks.count == 0)
    let sample = room.append(3, at: 0, to: track)
    #expect(sample.before == nil)
    _ = room.slide(window, plan, to: sample)
    #expect(room.aggregate(window, plan) == 3)
  }

  @Test("wide sums are released once the values that need them have left")
  func narrowAgain() {
    var room = WindowRoom(maxSamples: 10_000)
    let plan = Self.plan(.stddev, .seconds(3))
    let track = room.tracks.take(SampleTrack())
    let window = room.makeWindow(plan, over: track)
    for (second, value) in [1, 1e300, 1, 1e-300, 1, 1, 1, 3].enumerated() {
      _ = room.slide(window, plan, to: room.append(value, at: Int64(second) * 1000, to: track))
    }
    #expect(room.wideSums.count == 0)
    #expect(room.narrowSums.count == 1)
    #expect(room.aggregate(window, plan) == (8.0 / 9).squareRoot())
  }

  @Test("a copied track has the same samples, and is independent")
  func copied() {
    var room = WindowRoom(maxSamples: 10_000)
    let plan = Self.plan(.sum, .seconds(1000))
    let track = room.tracks.take(SampleTrack())
    let windows = [room.makeWindow(plan, over: track), room.makeWindow(plan, over: track)]
    for second in 0..<100 {
      let sample = room.append(1, at: Int64(second) * 1000, to: track)
      for window in windows { _ = room.slide(window, plan, to: sample) }
    }
    let copy = room.copy(track: track)
    room.move(window: windows[1], to: copy)
    room.release(track: track)
    room.release(window: windows[0])
    for second in 100..<2000 {
      _ = room.slide(windows[1], plan, to: room.append(1, at: Int64(second) * 1000, to: copy))
    }
    #expect(room.aggregate(windows[1], plan) == 1000)
  }

  @Test("sums of every size are rounded once, to the even one of two")
  func rounding() {
    let cases: [([Double], Double)] = [
      ([0.1, 0.2, 0.3], 0.6), ([9_007_199_254_740_992, 1], 9_007_199_254_740_992),
      ([9_007_199_254_740_992, 3], 9_007_199_254_740_996), ([9_007_199_254_740_992, 1, 1e-300], 9_007_199_254_740_994),
      ([.greatestFiniteMagnitude, 1e291], .greatestFiniteMagnitude),
      ([.leastNonzeroMagnitude, .leastNonzeroMagnitude], 2 * .leastNonzeroMagnitude),
      ([-1, .leastNonzeroMagnitude], -1), ([1e308, 1e308, -1e308], 1e308),
    ]
    for (values, wanted) in cases {
      var room = WindowRoom(maxSamples: 100)
      let plan = Self.plan(.sum, .seconds(1000))
      let track = room.tracks.take(SampleTrack())
      let window = room.makeWindow(plan, over: track)
      for value in values { _ = room.slide(window, plan, to: room.append(value, at: 0, to: track)) }
      #expect(room.aggregate(window, plan) == wanted)
    }
  }
}
