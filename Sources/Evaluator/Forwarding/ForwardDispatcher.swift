import Forwarding
import Platform
import Synchronization

/// Sends notifications on threads of their own, so that neither reading nor another receiver waits for a receiver.
///
/// It outlives a stage: if a delivery's fate is unknown, the stage is restored, and asks for the same notification again.
/// What was sent meanwhile isn't sent twice.
package final class ForwardDispatcher: Sendable {
  /// What is known of one receiver.
  private struct Line {
    /// The notification on its way; nil if there is none.
    var underWay: String?
    /// Outcomes that nobody has taken, or whose consequences aren't committed.
    var outcomes: [String: ForwardOutcome] = [:]
  }

  private let lines = Mutex<[String: Line]>([:])
  private let wakeup: Wakeup
  private let log: Logger

  /// - Parameter wakeup: rung when an outcome comes.
  package init(wakeup: Wakeup, log: Logger) {
    self.wakeup = wakeup
    self.log = log
  }

  /// Sends a notification, unless its outcome is known, or one is on its way to this receiver: it is asked for again then.
  package func send(_ notification: ForwardNotification, to receiver: String, by channel: any ForwardChannel) {
    let isDue = lines.withLock { lines in
      let line = lines[receiver] ?? Line()
      if line.outcomes[notification.id] != nil || line.underWay != nil { return false }
      lines[receiver, default: Line()].underWay = notification.id
      return true
    }
    guard isDue else { return }
    do {
      _ = try startThread(name: "receiver") { [self] in
        note(channel.send(notification), of: notification.id, receiver)
      }
    } catch {
      log.error("no thread is left to tell a receiver", ["receiver": .string(receiver), "reason": .string("\(error)")])
      note(.later(after: nil, reason: "no thread is left"), of: notification.id, receiver)
    }
  }

  private func note(_ outcome: ForwardOutcome, of id: String, _ receiver: String) {
    lines.withLock { lines in
      lines[receiver, default: Line()].underWay = nil
      lines[receiver, default: Line()].outcomes[id] = outcome
    }
    wakeup.ring()
  }

  /// Whether something is on its way.
  package var isBusy: Bool { lines.withLock { $0.values.contains { $0.underWay != nil } } }

  /// Whether the outcome of a notification is known.
  package func hasOutcome(of id: String, to receiver: String) -> Bool {
    lines.withLock { $0[receiver]?.outcomes[id] != nil }
  }

  /// The outcome of a notification; nil if there is none yet. One that isn't final is given once.
  package func outcome(of id: String, to receiver: String) -> ForwardOutcome? {
    lines.withLock { lines in
      let outcome = lines[receiver]?.outcomes[id]
      if case .later = outcome { lines[receiver]?.outcomes[id] = nil }
      return outcome
    }
  }

  /// All consequences of the outcomes that were taken are committed.
  package func committed(_ ids: [(receiver: String, id: String)]) {
    lines.withLock { lines in
      for (receiver, id) in ids { lines[receiver]?.outcomes[id] = nil }
    }
  }
}
