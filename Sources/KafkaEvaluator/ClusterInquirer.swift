import Evaluator
import Kafka
import Platform
import Synchronization

/// Asks brokers about the cluster and its consumer groups on a thread of its own: a slow or silent broker delays the
/// answer, and nothing else.
///
/// It answers the last question only, and has one answer at most.
final class ClusterInquirer: Sendable {
  private struct Box {
    var question: ClusterQuestion?
    var answer: ClusterAnswer?
    /// Until when the clients are to be closed; nil as long as it goes on.
    var endsBy: MonotonicTime?
  }

  private let box = Mutex(Box())
  /// Rung for the thread: a question has come, or something from brokers.
  private let bell: Wakeup
  /// The worker's.
  private let wakeup: Wakeup
  private let thread = Mutex<JoinHandle?>(nil)

  /// Starts the thread. It connects in the background.
  ///
  /// - Throws: if no thread or no file descriptor is left.
  init(_ configuration: Configuration, logger: Logger, wakeup: Wakeup) throws(SystemError) {
    bell = try Wakeup()
    self.wakeup = wakeup
    let handle = try startThread(name: "meter-lag") { [self] in run(configuration, logger) }
    thread.withLock { $0 = handle }
  }

  /// Asks; the answer rings the worker's wake-up.
  func ask(_ question: ClusterQuestion) {
    box.withLock { ($0.question, $0.answer) = (question, nil) }
    bell.ring()
  }

  /// The answer to the last question, once; nil if it hasn't come.
  func takeAnswer() -> ClusterAnswer? {
    box.withLock { box in
      defer { box.answer = nil }
      return box.answer
    }
  }

  /// Ends the thread. Waits for it until `deadline`, then leaves it to itself.
  func end(by deadline: MonotonicTime) {
    box.withLock { $0.endsBy = deadline }
    bell.ring()
    _ = thread.withLock { $0?.join(until: deadline) }
  }

  private func run(_ configuration: Configuration, _ logger: Logger) {
    var inquiry = ClusterInquiry(configuration, logger, bell)
    while true {
      let (question, endsBy) = box.withLock { box in
        defer { box.question = nil }
        return (box.question, box.endsBy)
      }
      if let endsBy { return inquiry.close(by: endsBy) }
      guard let question else {
        inquiry.serve()
        bell.wait(until: SystemTime().monotonic + .seconds(10))
        continue
      }
      let answer = inquiry.answer(question)
      // Another question has come meanwhile: nobody waits for this answer.
      box.withLock { if $0.question == nil { $0.answer = answer } }
      wakeup.ring()
    }
  }
}

extension KafkaLog {
  mutating func ask(_ question: ClusterQuestion) {
    if inquirer == nil {
      do throws(SystemError) {
        inquirer = try ClusterInquirer(configuration, logger: logger, wakeup: wakeup)
      } catch {
        return logger.limited(
          trouble, .error, "there is no thread to ask about consumer groups", ["reason": .string("\(error)")])
      }
    }
    inquirer?.ask(question)
  }

  func takeAnswer() -> ClusterAnswer? { inquirer?.takeAnswer() }

  mutating func endQuestions() {
    inquirer?.end(by: time.monotonic)
    inquirer = nil
  }
}
