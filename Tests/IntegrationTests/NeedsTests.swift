import Foundation
import Kafka
import Platform
import ProcFS
import Settings
import Synchronization
import TestSupport
import Testing

@testable import statusd

/// A service that only records its start and its leaving for good.
private final class Started: Service {
  let name = "started"
  let heartbeats: [Heartbeat] = []
  let isStarted = Mutex(false)
  let isLeaving = Mutex(false)

  func start() throws { isStarted.withLock { $0 = true } }
  func leaveForGood() { isLeaving.withLock { $0 = true } }
  func stop(by deadline: MonotonicTime) -> Int { 0 }
}

@Suite("The resources that a configuration needs", .waits)
struct NeedsTests {
  private func needs(workers: Int, role: Settings.Role = .all) -> Needs {
    var settings = Settings(brokers: "127.0.0.1:1", hostName: "h")
    settings.evaluator.workers = workers
    settings.run.role = role
    return Needs(settings)
  }

  @Test("sixteen workers don't fit a limit of 128 threads, and the advice has the numbers")
  func tooFewThreads() throws {
    let needs = needs(workers: 16)
    let limits = Needs.Limits(openFiles: { nil }, roomForThreads: { min($0, 128) })
    let shortage = try #require(needs.shortage(limits))
    #expect(shortage == .threads(possible: 128))
    #expect("\(needs.facts(of: shortage).facts)".contains("TasksMax="))
    let advice = needs.advice(on: shortage)
    #expect(advice.contains("up to \(needs.all.threads) threads"))
    #expect(advice.contains("[evaluator] workers = 16 and 3 brokers"))
    #expect(advice.contains("here it can start 128 threads"))
    #expect(self.needs(workers: 1).shortage(limits) == nil)
    #expect(self.needs(workers: 64, role: .agent).shortage(limits) == nil)
  }

  @Test("questions about consumer groups need clients of their own, in one worker")
  func lag() {
    var settings = Settings(brokers: "127.0.0.1:1", hostName: "h")
    let without = Needs(settings).all
    settings.lag = Settings.Lag()
    let one = Needs(settings).all
    settings.meter.workers = 2
    let two = Needs(settings).all
    #expect(one.threads > without.threads)
    #expect(two.threads - one.threads < one.threads - without.threads)
    settings.run.role = .agent
    let agent = Needs(settings).all
    settings.lag = nil
    #expect(Needs(settings).all == agent)
  }

  @Test("the number of open files needed depends on the workers, too")
  func tooFewFiles() {
    let limits = Needs.Limits(openFiles: { 256 }, roomForThreads: { $0 })
    #expect(needs(workers: 16).shortage(limits) == .files(limit: 256))
    #expect(needs(workers: 1).shortage(limits) == nil)
  }

  @Test("for a cluster larger than assumed, the limits are checked again before clients are created")
  func largeCluster() throws {
    var settings = Settings(brokers: "127.0.0.1:1", hostName: "h")
    settings.evaluator.workers = 2
    let enough = Needs(settings).all.threads
    let limits = Needs.Limits(openFiles: { nil }, roomForThreads: { min($0, enough) })
    /// Whether the service is started in a cluster of this many brokers.
    func isStarted(_ count: Int?) throws -> Bool {
      let service = Started()
      try RoomFirst(service, settings, brokerCount: { count }, limits: limits).start()
      return service.isStarted.withLock { $0 }
    }
    #expect(try isStarted(nil))
    #expect(try isStarted(3))
    let error = #expect(throws: NoRoom.self) { try isStarted(4) }
    #expect(error?.shortage == .threads(possible: enough))
    #expect(error?.needs.text.contains("4 brokers") == true)
  }

  @Test("the check for room passes on that its service leaves for good")
  func leaves() {
    let service = Started()
    RoomFirst(service, Settings(brokers: "127.0.0.1:1", hostName: "h"), brokerCount: { nil }).leaveForGood()
    #expect(service.isLeaving.withLock { $0 })
  }

  @Test("the unit's limits are enough for the maximum number of workers and 24 brokers")
  func unit() throws {
    let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
    let unit = try String(contentsOf: repository.appendingPathComponent("systemd/statusd.service"), encoding: .utf8)
    func value(_ name: String) -> Int {
      unit.split(separator: "\n").compactMap { $0.hasPrefix(name + "=") ? Int($0.dropFirst(name.count + 1)) : nil }
        .first ?? 0
    }
    var settings = Settings(brokers: "a:1,b:1,c:1", hostName: "h")
    settings.evaluator.workers = 64
    let most = Needs(settings, brokers: 24).all
    #expect(most.threads <= value("TasksMax"))
    #expect(most.descriptors <= value("LimitNOFILE"))
  }

  @Test("with too few open files the start is refused before anything else, with status 75 and the remedy")
  func refusedStart() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("[kafka]\nbrokers = \"127.0.0.1:1\"\n", to: "statusd.toml")
    let child = try Subprocess(
      "/bin/sh", ["-c", "ulimit -n 16 && exec \"$0\" \"$@\"", Program.path, "run", "--config", file])
    #expect(try child.waitForExit(within: 30) == .exited(75))
    let errors = child.errors.text
    #expect(errors.contains("can't start"), "\(errors)")
    #expect(errors.contains("open_files_limit=16"), "\(errors)")
    #expect(errors.contains("LimitNOFILE="), "\(errors)")
    #expect(!errors.contains("procfs"), "\(errors)")
  }

  @Test("check shows the needs of a configuration, and warns if the limits here are lower")
  func check() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(
      "[kafka]\nbrokers = \"127.0.0.1:1\"\n[evaluator]\nworkers = 8\n", to: "statusd.toml")
    let child = try Subprocess(
      "/bin/sh", ["-c", "ulimit -n 64 && exec \"$0\" \"$@\"", Program.path, "check", "--print", "--config", file])
    #expect(try child.waitForExit(within: 30) == .exited(0))
    #expect(child.errors.text.hasPrefix("\(file): advice: it needs up to "), "\(child.errors.text)")
    #expect(child.errors.text.contains("here it may open 64 files"))
    #expect(child.output.text.hasPrefix("# ok\n# needs up to \(needs(workers: 8).all.threads) threads and "))
  }

  @Test("too many open files has another remedy than an unreadable /proc, and a status for a retry")
  func lacksDescriptor() {
    for code in [EMFILE, ENFILE] {
      let error = ProcError(path: "/proc/stat", code: code)
      #expect(Run.remedy(of: error)?.contains("LimitNOFILE=") == true)
      #expect(Run.exitCode(of: error) == .temporary)
    }
    let missing = ProcError(path: "/proc/stat", code: ENOENT)
    #expect(Run.remedy(of: missing)?.contains("agent.procfs") == true)
    #expect(Run.exitCode(of: missing) == .configuration)
    #expect(Run.exitCode(of: KafkaError(code: .noResource, message: "")) == .temporary)
  }
}
