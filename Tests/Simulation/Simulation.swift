import Glibc
import Platform
import SimulatedKafka

/// `Simulation [COUNT [SEED]]`: runs so many schedules of evaluators, a tenth of that of meters, then each planted mistake
/// until it is noticed. Exit status 1 where a schedule fails or a mistake isn't noticed. `Simulation meters COUNT SEED`: the
/// schedules and mistakes of meters alone. `Simulation show SEED [MISTAKE | "at least once"]`: all that happens in one.
func runSimulation() -> Never {
  let arguments = CommandLine.arguments
  if arguments.count > 2, arguments[1] == "show" { show(arguments) }
  if arguments.count > 3, arguments[1] == "meters" {
    exit(meters(UInt64(arguments[2]) ?? 0, UInt64(arguments[3]) ?? 0) ? 0 : 1)
  }
  let count = arguments.count > 1 ? UInt64(arguments[1]) ?? 20_000 : 20_000
  let seed = arguments.count > 2 ? UInt64(arguments[2]) : nil
  let first = seed ?? UInt64.random(in: 0...(.max >> 8))
  var isGood = true
  say("\(count) schedules from seed \(first)")
  for (name, kind) in [("exactly once", Schedule.Kind()), ("at least once", Schedule.Kind(isTransactional: false))] {
    let share = kind.isTransactional ? count : count / 10
    let began = SystemTime().monotonic
    let failures = failures(kind, first, share)
    let seconds = Double((SystemTime().monotonic - began).wholeMilliseconds) / 1000
    say("\(name): \(share) schedules, \(failures) failed, \(Int(Double(share) / max(seconds, 0.001))) a second")
    if failures > 0 { isGood = false }
  }
  for mistake in PlantedMistake.ofEvaluators {
    let found = (0..<200_000).first { Schedule(seed: first &+ UInt64($0), kind: .init(mistake: mistake)).run() != nil }
    say("planted: \(mistake.rawValue): " + (found.map { "noticed after \($0 + 1) schedules" } ?? "NOT NOTICED"))
    if found == nil { isGood = false }
  }
  // Meters write in every second, so a schedule of theirs takes three times as long.
  if !meters(count / 10, first, PlantedMistake.ofMeters.filter { !isRare($0) }) { isGood = false }
  exit(isGood ? 0 : 1)
}

/// The schedules of meters, and their planted mistakes. Returns false if one fails, or a mistake isn't noticed.
private func meters(
  _ count: UInt64, _ first: UInt64, _ mistakes: [PlantedMistake] = PlantedMistake.ofMeters
) -> Bool {
  var isGood = true
  var failures = 0
  let began = SystemTime().monotonic
  for number in 0..<count {
    guard let problem = MeterSchedule(seed: first &+ number).run() else { continue }
    failures += 1
    isGood = false
    if failures <= 3 { say("meters, seed \(first &+ number): \(problem)") }
  }
  let seconds = Double((SystemTime().monotonic - began).wholeMilliseconds) / 1000
  say("meters: \(count) schedules, \(failures) failed, \(Int(Double(count) / max(seconds, 0.001))) a second")
  for mistake in mistakes {
    let found = (0..<100_000).first { MeterSchedule(seed: first &+ UInt64($0), mistake: mistake).run() != nil }
    say("planted: \(mistake.rawValue): " + (found.map { "noticed after \($0 + 1) schedules" } ?? "NOT NOTICED"))
    if found == nil { isGood = false }
  }
  return isGood
}

/// Whether it shows once in thousands of schedules.
private func isRare(_ mistake: PlantedMistake) -> Bool { mistake == .sendsNoMember || mistake == .sendsNoOffsets }

private func show(_ arguments: [String]) -> Never {
  let what = arguments.count > 3 ? arguments[3] : ""
  let kind = Schedule.Kind(mistake: PlantedMistake(rawValue: what), isTransactional: what != "at least once")
  let schedule = Schedule(seed: UInt64(arguments[2]) ?? 0, kind: kind, keepsEvents: true)
  let problem = schedule.run()
  for event in schedule.events { say("\(event.number): \(event.text)") }
  say(problem ?? "all is as it must be")
  exit(problem == nil ? 0 : 1)
}

/// How many schedules fail; the first three are shown, as short as they can be.
private func failures(_ kind: Schedule.Kind, _ first: UInt64, _ count: UInt64) -> Int {
  var failures = 0
  for number in 0..<count where Schedule(seed: first &+ number, kind: kind).run() != nil {
    failures += 1
    if failures <= 3 { say(FailedSchedule(seed: first &+ number, kind: kind)?.text ?? "seed \(first &+ number)") }
  }
  return failures
}

private func say(_ text: String) {
  let line = Array((text + "\n").utf8)
  _ = write(STDOUT_FILENO, line, line.count)
}
