import SimulatedKafka
import Testing

/// A few of the schedules of `make simulation`.
@Suite("Meters on a simulated cluster")
struct MeterSimulationTests {
  @Test("under any faults each record is told once, each interval once, and in the interval of its time")
  func conservation() {
    let first = UInt64.random(in: 0...(.max >> 8))
    for number in 0..<40 {
      let problem = MeterSchedule(seed: first + UInt64(number)).run()
      #expect(problem == nil, "seed \(first + UInt64(number)): \(problem ?? "")")
    }
  }

  /// A bug that shows only once in hundreds of schedules is left to `make simulation`.
  @Test(
    "a planted bug of a meter is detected",
    arguments: [
      PlantedMistake.dropsAborted, .fencesNobody, .countsAhead, .writesStateOutside, .understatesEnds,
    ])
  func planted(_ mistake: PlantedMistake) {
    #expect((0..<100).contains { MeterSchedule(seed: 1 << 40 | $0, mistake: mistake).run() != nil })
  }
}
