/// A failed schedule, shortened for people: events that the failure doesn't need are left out.
package struct FailedSchedule {
  package let seed: UInt64
  package let kind: Schedule.Kind
  /// What is wrong.
  package let problem: String
  /// The random events that the failure needs.
  package let events: [Schedule.Event]

  /// Runs the schedule of `seed`; nil if it doesn't fail.
  package init?(seed: UInt64, kind: Schedule.Kind) {
    guard let problem = Schedule(seed: seed, kind: kind).run() else { return nil }
    self.seed = seed
    self.kind = kind
    var leftOut = Set<Int>()
    var last = FailedSchedule.run(seed, kind, leftOut) ?? (problem, [])
    // From the end: what comes later depends on what came before.
    var tries = 0
    var place = last.events.count - 1
    while place >= 0, tries < 400 {
      tries += 1
      let candidate = leftOut.union([last.events[place].number])
      if let shorter = FailedSchedule.run(seed, kind, candidate) {
        leftOut = candidate
        last = shorter
        place = min(place, last.events.count)
      }
      place -= 1
    }
    self.problem = last.problem
    events = last.events
  }

  private static func run(
    _ seed: UInt64, _ kind: Schedule.Kind, _ leftOut: Set<Int>
  ) -> (problem: String, events: [Schedule.Event])? {
    let schedule = Schedule(seed: seed, kind: kind, leavingOut: leftOut, keepsEvents: true)
    return schedule.run().map { ($0, schedule.events) }
  }

  /// For people.
  package var text: String {
    (["seed \(seed): \(problem)"] + events.map { "  \($0.number): \($0.text)" }).joined(separator: "\n")
  }
}
