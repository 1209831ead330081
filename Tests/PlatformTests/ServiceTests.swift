import Platform
import Synchronization
import TestSupport
import Testing

@Suite("Services and heartbeats")
struct ServiceTests {
  private func group(_ time: ManualTime) -> ServiceGroup {
    ServiceGroup(log: Logger(output: CapturedLog()), time: time)
  }

  @Test("services start in order and stop in reverse, and their undelivered records are added up")
  func order() throws {
    let time = ManualTime()
    let journal = Journal()
    let group = group(time)
    try group.start(Recorded("one", journal, time, undelivered: 2))
    try group.start(Recorded("two", journal, time, undelivered: 3))
    #expect(group.heartbeats.map(\.name) == ["one", "two"])
    group.stop(by: time.monotonic + .seconds(3))
    #expect(group.undelivered == 5)
    #expect(journal.entries == ["start one", "start two", "stop two", "stop one"])
    #expect(group.heartbeats.isEmpty)
  }

  @Test("if a service doesn't start, those before it keep running")
  func failedStart() throws {
    let time = ManualTime()
    let journal = Journal()
    let group = group(time)
    try group.start(Recorded("one", journal, time))
    #expect(throws: SystemError.self) { try group.start(Broken()) }
    group.stop(by: time.monotonic + .seconds(3))
    #expect(journal.entries == ["start one", "stop one"])
  }

  @Test("a service that stops slowly leaves half a second for each of the others")
  func shares() throws {
    let time = ManualTime()
    let journal = Journal()
    let group = group(time)
    for (name, needs) in [("one", 0), ("two", 9), ("three", 1)] {
      try group.start(Recorded(name, journal, time, needs: .seconds(needs)))
    }
    group.stop(by: time.monotonic + .seconds(9))
    #expect(journal.given == [.seconds(8), .milliseconds(7500), .milliseconds(500)])
  }

  @Test("if there is too little time for that, each service gets an equal share")
  func equalShares() throws {
    let time = ManualTime()
    let journal = Journal()
    let group = group(time)
    for name in ["one", "two", "three"] { try group.start(Recorded(name, journal, time, needs: .seconds(1))) }
    group.stop(by: time.monotonic + .milliseconds(600))
    #expect(journal.given == [.milliseconds(200), .milliseconds(200), .milliseconds(200)])
  }

  @Test("a heartbeat is fresh for the allowed silence, counted from the end of an announced wait")
  func heartbeat() {
    let start = MonotonicTime(nanoseconds: 0)
    let heart = Heartbeat(name: "agent", allowedSilence: .seconds(10), now: start)
    #expect(heart.isFresh(at: start + .seconds(10)))
    #expect(!heart.isFresh(at: start + .seconds(11)))
    heart.beat(start + .seconds(20))
    #expect(heart.isFresh(at: start + .seconds(30)))
    #expect(!heart.isFresh(at: start + .seconds(31)))
    heart.beat(start + .seconds(40), waitingUntil: start + .seconds(100))
    #expect(heart.isFresh(at: start + .seconds(110)))
    #expect(!heart.isFresh(at: start + .seconds(111)))
    heart.beat(start + .seconds(200), waitingUntil: start)
    #expect(heart.isFresh(at: start + .seconds(210)))
    #expect(!heart.isFresh(at: start + .seconds(211)))
    heart.end()
    #expect(heart.isFresh(at: start + .seconds(1_000_000)))
  }
}

private final class Journal: Sendable {
  private let state = Mutex<(entries: [String], given: [Duration])>(([], []))
  var entries: [String] { state.withLock { $0.entries } }
  var given: [Duration] { state.withLock { $0.given } }
  func note(_ entry: String) { state.withLock { $0.entries.append(entry) } }
  func note(given: Duration) { state.withLock { $0.given.append(given) } }
}

private struct Recorded: Service {
  let name: String
  let journal: Journal
  let time: ManualTime
  let needs: Duration
  let undelivered: Int

  init(_ name: String, _ journal: Journal, _ time: ManualTime, needs: Duration = .zero, undelivered: Int = 0) {
    self.name = name
    self.journal = journal
    self.time = time
    self.needs = needs
    self.undelivered = undelivered
  }

  var heartbeats: [Heartbeat] { [Heartbeat(name: name, allowedSilence: .seconds(1), now: time.monotonic)] }

  func start() { journal.note("start \(name)") }

  func stop(by deadline: MonotonicTime) -> Int {
    let given = deadline - time.monotonic
    journal.note("stop \(name)")
    journal.note(given: given)
    time.advance(by: min(given, needs))
    return undelivered
  }
}

private struct Broken: Service {
  let name = "broken"
  let heartbeats: [Heartbeat] = []
  func start() throws { throw SystemError(call: "start", code: 1) }
  func stop(by deadline: MonotonicTime) -> Int { 0 }
}
