import Foundation
import Platform
import TestRandom

/// `Fuzz [NAME=COUNT…] [seed=S] [seconds=N] [case=K]`: tries so many inputs at each door, all drawn from one seed.
///
/// Without a name all doors are tried. `seconds` bounds the whole run. Exit status 1: something didn't hold, or a
/// process died; the case is named, and `case=K` tries it again alone.
func runFuzz() -> Never {
  let given = readArguments()
  let chosen = Trial.all.compactMap { trial in
    given[trial.arena.name].map { Trial(arena: trial.arena, count: $0) }
  }
  let trials = chosen.isEmpty ? Trial.all : chosen
  let seed = given["seed"] ?? Int(UInt64.random(in: 0...(.max >> 16)))
  if given["child"] != nil, let trial = trials.first {
    let cases = given["case"].map { $0..<($0 + 1) } ?? 0..<(trial.count / trial.arena.inputsPerCase)
    tryCases(of: trial.arena, cases, seed, seconds: given["seconds"])
  }
  var isGood = true
  for trial in trials {
    let seconds = given["seconds"].map { max(1, $0 / trials.count) }
    if !watch(trial, seed, seconds: seconds, only: given["case"]) { isGood = false }
  }
  exit(isGood ? 0 : 1)
}

private func readArguments() -> [String: Int] {
  var given: [String: Int] = [:]
  let names = Trial.all.map { $0.arena.name }
  for word in CommandLine.arguments.dropFirst() {
    let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, (names + ["seed", "seconds", "case", "child"]).contains(parts[0]),
      let number = Int(parts[1]), number >= 0
    else {
      say("\(word) is none of NAME=COUNT, seed=S, seconds=N, case=K; the names are \(names)")
      exit(64)
    }
    given[parts[0]] = number
  }
  return given
}

/// Tries one door in a process of its own.
///
/// - Returns: false if something didn't hold, or the process died.
private func watch(_ trial: Trial, _ seed: Int, seconds: Int?, only: Int?) -> Bool {
  let name = trial.arena.name
  let process = Process()
  guard let progress = Progress() else {
    say("\(name): no file for its progress can be made in the temporary folder")
    return false
  }
  process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
  process.environment = ProcessInfo.processInfo.environment.merging([Progress.variable: progress.path]) { $1 }
  process.arguments =
    ["\(name)=\(trial.count)", "seed=\(seed)", "child=1"] + (seconds.map { ["seconds=\($0)"] } ?? [])
    + (only.map { ["case=\($0)"] } ?? [])
  do { try process.run() } catch {
    say("\(name): the process can't be started: \(error)")
    return false
  }
  process.waitUntilExit()
  let status = process.terminationStatus
  if process.terminationReason == .exit, status == 0 || status == didNotHold { return status == 0 }
  say(
    "\(name): the process died of \(process.terminationReason == .exit ? "status" : "signal") \(status)\n"
      + "  again: \(name)=1 seed=\(seed) case=\(progress.number)")
  return false
}

/// How a process ends that has said what didn't hold. A sanitizer ends one with 1.
private let didNotHold: Int32 = 2

/// Tries cases in this process, and says how many.
private func tryCases(of arena: any Arena.Type, _ cases: Range<Int>, _ seed: Int, seconds: Int?) -> Never {
  let progress = Progress(path: ProcessInfo.processInfo.environment[Progress.variable] ?? "")
  let began = SystemTime().monotonic
  var failed = 0
  var tried = 0
  do {
    var door = try arena.init()
    for number in cases {
      if let seconds, SystemTime().monotonic - began > .seconds(seconds) { break }
      progress?.number = number
      // A case takes milliseconds. One that takes a minute will never end: this signal ends the process.
      alarm(60)
      var random = SeededRandom(seed: UInt64(seed) &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15)
      tried += 1
      guard let problem = try door.run(&random) else { continue }
      failed += 1
      if failed <= 3 { say("\(arena.name): \(problem)\n  again: \(arena.name)=1 seed=\(seed) case=\(number)") }
    }
  } catch {
    say("\(arena.name): can't go on: \(error)")
    exit(didNotHold)
  }
  let time = max(0.001, Double((SystemTime().monotonic - began).wholeMilliseconds) / 1000)
  let inputs = tried * arena.inputsPerCase
  say("\(arena.name): \(inputs) inputs, \(failed) failed, \(Int(Double(inputs) / time)) a second; seed=\(seed)")
  exit(failed == 0 ? 0 : didNotHold)
}

/// The number of the case that is tried just now, in memory that outlives the process that tries it.
private final class Progress {
  static let variable = "STATUSD_FUZZ_PROGRESS"

  let path: String
  private let memory: UnsafeMutableRawPointer
  private let isOwner: Bool

  /// In a new file of its own.
  convenience init?() {
    let path = FileManager.default.temporaryDirectory.appending(path: "statusd-fuzz-\(UUID().uuidString)").path
    guard FileManager.default.createFile(atPath: path, contents: Data(repeating: 0, count: 8)) else { return nil }
    self.init(path: path, isOwner: true)
  }

  /// In the file at `path`, which is there already.
  init?(path: String, isOwner: Bool = false) {
    self.path = path
    self.isOwner = isOwner
    let file = open(path, O_RDWR | O_CLOEXEC)
    guard file >= 0 else { return nil }
    let mapped = mmap(nil, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    close(file)
    guard let mapped, mapped != MAP_FAILED else { return nil }
    memory = mapped
  }

  deinit {
    munmap(memory, 8)
    if isOwner { unlink(path) }
  }

  var number: Int {
    get { memory.load(as: Int.self) }
    set { memory.storeBytes(of: newValue, as: Int.self) }
  }
}

private func say(_ text: String) {
  let line = Array((text + "\n").utf8)
  _ = write(STDOUT_FILENO, line, line.count)
}
