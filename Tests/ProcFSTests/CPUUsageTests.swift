import Testing

@testable import ProcFS

private func times(_ ticks: UInt64...) -> CPUTimes {
  var times = CPUTimes(ticks: InlineArray(repeating: 0), columns: ticks.count)
  for (i, value) in ticks.enumerated() { times.ticks[i] = value }
  return times
}

private func usage(_ a: CPUTimes, _ b: CPUTimes) -> CPUUsage? {
  guard case .usage(let usage) = b.difference(from: a, ticksPerSecond: 100) else { return nil }
  return usage
}

@Suite("CPU usage")
struct CPUUsageTests {
  @Test("busy is all but idle and iowait")
  func definition() {
    let found = usage(times(0, 0, 0, 0, 0, 0, 0, 0), times(10, 20, 30, 100, 20, 5, 5, 10))
    #expect(
      found
        == CPUUsage(
          usage: 40, user: 5, nice: 10, system: 15, idle: 50, iowait: 10, irq: 2.5, softirq: 2.5, steal: 5))
  }

  @Test("busy all the time is 100 percent, not a little more, whatever the counters are")
  func full() {
    for busy: UInt64 in [1, 3_279_524_433_427_633, 1_091_102_147_483_647 - 1_091_137, .max] {
      let found = usage(times(0, 0, 0, 0), times(busy, 0, 0, 0))
      #expect(found?.usage == 100)
      #expect(found?.user == 100)
      let memory = MemoryUsage(
        totalBytes: busy, availableBytes: 0, swapTotalBytes: busy, swapFreeBytes: 0)
      #expect(memory.usage == 100)
      #expect(memory.swapUsage == 100)
    }
  }

  @Test("steal may fall by millions: it counts 0, and the other rates go on")
  func stealFalls() {
    let found = usage(times(0, 0, 0, 0, 0, 0, 0, 9_000_000), times(25, 0, 25, 50, 0, 0, 0, 1))
    #expect(found?.usage == 50)
    #expect(found?.steal == 0)
  }

  @Test("a decrease of 3 s is a step back; one tick more means that the counters were reset")
  func boundary() {
    let base = times(1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000)
    for mode in 0..<7 {
      var stepped = base
      stepped.ticks[mode] -= 300
      stepped.ticks[(mode + 1) % 7] += 10
      #expect(usage(base, stepped) != nil)
      stepped.ticks[mode] -= 1
      #expect(stepped.difference(from: base, ticksPerSecond: 100) == .beganAnew)
    }
  }

  @Test("counters that don't change, or all decrease a little, give no rates and no Infinity")
  func standstill() {
    let base = times(1000, 0, 0, 1000, 0, 0, 0, 0)
    #expect(base.difference(from: base, ticksPerSecond: 100) == .unchanged)
    #expect(times(999, 0, 0, 950, 0, 0, 0, 0).difference(from: base, ticksPerSecond: 100) == .unchanged)
  }

  @Test("the extremes of UInt64 don't trap")
  func extremes() {
    let most = times(.max, .max, .max, .max, .max, .max, .max, .max)
    let none = times(0, 0, 0, 0, 0, 0, 0, 0)
    #expect(most.difference(from: none, ticksPerSecond: 100) == .beganAnew)
    #expect(none.difference(from: most, ticksPerSecond: 100) == .beganAnew)
    let reading = CPUReading(times: most, cpus: .max, uptime: 1 << 53)
    #expect(reading.isDoubtful(ticksPerSecond: .max / 2))
    #expect(reading.plausibleTicks(since: reading, ticksPerSecond: .max / 2).contains(0))
  }

  @Test("a column above uptime x ticks x CPUs is doubtful; that of a fully idle machine isn't")
  func doubtful() {
    func isDoubtful(_ idle: UInt64, uptime: UInt64?) -> Bool {
      CPUReading(times: times(0, 0, 0, idle), cpus: 2, uptime: uptime).isDoubtful(ticksPerSecond: 100)
    }
    #expect(!isDoubtful(200_000, uptime: 100_000))
    #expect(isDoubtful(200_201, uptime: 100_000))
    #expect(!isDoubtful(200_201, uptime: nil))
  }

  @Test("ticks are plausible if they match the elapsed time, give or take a quarter")
  func plausible() {
    func range(_ cpus: (Int, Int), _ uptime: (UInt64?, UInt64?)) -> ClosedRange<UInt64> {
      let none = times(0, 0, 0, 0)
      return CPUReading(times: none, cpus: cpus.1, uptime: uptime.1)
        .plausibleTicks(since: CPUReading(times: none, cpus: cpus.0, uptime: uptime.0), ticksPerSecond: 100)
    }
    #expect(range((1, 1), (100, 200)) == 73...127)
    #expect(range((4, 2), (100, 200)) == 142...508)
    #expect(range((1, 1), (100, 100)) == 0...2)
    #expect(range((1, 1), (200, 100)) == 0...0)
    #expect(range((1, 1), (nil, 100)) == 0...0)
  }

  @Test("modes that one of two readings lacks are left out")
  func columnsChange() {
    let found = usage(times(0, 0, 0, 0), times(10, 0, 0, 30, 40, 1, 1, 1))
    #expect(found?.usage == 25)
    #expect(found?.iowait == nil)
    #expect(found?.steal == nil)
  }
}
