import Foundation
import Testing

/// For suites whose tests wait for brokers, processes and clocks most of the time.
///
/// Swift runs as many tests beside each other as there are CPUs, and a test that waits holds one of them. These have
/// threads of their own instead: several wait beside each other, and others compute meanwhile.
public struct Waiting: SuiteTrait, TestTrait, TestScoping {
  /// Each test of the suite, by itself.
  public var isRecursive: Bool { true }

  /// Runs one test on one of the threads.
  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(WaitingThreads.shared) { try await function() }
  }
}

extension Trait where Self == Waiting {
  /// The suite's tests wait most of the time: they run beside others, see `Waiting`.
  public static var waits: Self { Self() }
}

/// A few threads that live as long as the process.
private final class WaitingThreads: TaskExecutor, @unchecked Sendable {
  /// With eight, tests on brokers use most of two CPUs; more would make those late that have seconds to do something.
  static let shared = WaitingThreads(count: 8)

  private let changed = NSCondition()
  private var jobs: [UnownedJob] = []

  private init(count: Int) {
    for _ in 0..<count {
      let thread = Thread { self.run() }
      thread.stackSize = 1 << 23
      thread.start()
    }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    changed.lock()
    jobs.append(job)
    changed.signal()
    changed.unlock()
  }

  private func run() {
    while true {
      changed.lock()
      while jobs.isEmpty { changed.wait() }
      let job = jobs.removeFirst()
      changed.unlock()
      job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }
}
