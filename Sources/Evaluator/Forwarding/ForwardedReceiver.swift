import Forwarding
import Platform

/// One receiver that a worker tells.
final class ForwardedReceiver {
  /// How far it has come.
  enum Phase: Equatable {
    /// It has no state: brokers are asked where the log ends.
    case begins
    /// What fires is read, up to these ends of the topic of firing alerts.
    case readsCurrent(ends: [Int32: Int64])
    /// Transitions are read up to these ends, which were asked for after that.
    case readsAlerts(currentEnds: [Int32: Int64], ends: [Int32: Int64])
    /// What fired when its predecessor began is read again, up to these ends.
    case rereadsCurrent(ends: [Int32: Int64])
    /// It is told of what comes.
    case isLive
  }

  let definition: ReceiverDefinition
  var channel: any ForwardChannel
  /// The order that takes its place once the outcome of what is under way is committed; nil if there is none.
  var successor: ReceiverOrder?
  /// The partition of the topic of receivers that has its state.
  let partition: LogPartition
  var queue: ReceiverQueue
  var phase: Phase
  /// The alerts that have had a transition since it began.
  var seen: Set<String> = []
  /// How many alerts fired when it began, until that is committed: only then it goes on from there, whatever happens. nil
  /// otherwise.
  var beginning: Int?
  /// Notifications whose outcomes were taken since the last commit.
  var settled: [String] = []
  /// What came of them: it counts once it is committed.
  var uncounted = ForwardTally.Counts()
  /// Whether its last attempt is over for good, or there was none yet.
  var isWell = true
  /// Whether its state must go into the next delivery.
  var mustWrite: Bool { isKnown && !queue.changes.isEmpty }

  init(_ order: ReceiverOrder, of partition: LogPartition, _ state: ReceiverState?) {
    definition = order.definition
    channel = order.channel
    self.partition = partition
    queue = ReceiverQueue(order.definition, state ?? ReceiverState(from: [:]))
    phase = state == nil ? .begins : .isLive
    if queue.hasCurrent { phase = .rereadsCurrent(ends: [:]) }
    queue.isBeginning = phase != .isLive
  }

  /// Whether what it is to be told first is known: until then its state says nothing.
  var isKnown: Bool {
    switch phase {
    case .begins, .readsCurrent, .readsAlerts: false
    case .rereadsCurrent, .isLive: true
    }
  }

  /// Whether partitions of this topic are read for it.
  func reads(_ source: ForwardPlace.Source) -> Bool {
    switch (phase, source) {
    case (.begins, _): false
    case (.rereadsCurrent, .alerts): false
    case (.isLive, .current): queue.hasCurrent
    default: true
    }
  }

  /// Whether these partitions have been read so far.
  func hasRead(_ source: ForwardPlace.Source, upTo ends: [Int32: Int64]) -> Bool {
    ends.allSatisfy { queue.positions[.init(source, $0.key), default: 0] >= $0.value }
  }
}
