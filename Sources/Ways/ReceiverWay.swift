public import Forwarding
public import Platform
import Receivers
import Records
public import Settings

/// The way to a receiver of the configuration: turns what its queue tells it into a notification of `Receivers`.
public struct ReceiverWay: ForwardChannel {
  /// What all ways of a process share.
  public struct Shared: Sendable {
    let stop: StopSignal
    let log: Logger
    let slots = CommandSlots()

    /// - Parameters:
    ///   - stop: ends every attempt.
    ///   - log: for what people should know of attempts that succeed.
    /// - Throws: if no file descriptor is left.
    public init(stop: StopToken, log: Logger) throws(SystemError) {
      self.stop = try StopSignal(stop)
      self.log = log
    }
  }

  private let way: any ForwardChannel

  /// The way to `receiver`.
  ///
  /// - Throws: `ReceiverComplaint` if the receiver can't be told like this; `SystemError` if no memory or descriptor is
  ///   left.
  public init(_ receiver: ReceiverSettings, _ shared: Shared) throws {
    func notifying(_ channel: any Channel) -> any ForwardChannel {
      NotificationWay(receiver.definition, channel, shared.log)
    }
    var problems: [ReceiverComplaint] = []
    let plan = WayPlan.make(receiver, &problems)
    way =
      switch (plan, receiver.way) {
      case (.webhook(let options), _): notifying(try WebhookChannel(options, stop: shared.stop))
      case (.mail(let options), _): notifying(try MailChannel(options, stop: shared.stop))
      case (.command(let options), _):
        notifying(CommandChannel(options, stop: shared.stop, slots: shared.slots))
      case (.alertmanager(let options), .alertmanager(let alertmanager)):
        AlertmanagerWay(try AlertmanagerChannel(options, stop: shared.stop), resend: alertmanager.resend)
      default: throw problems.first ?? ReceiverComplaint([], "nobody knows how to tell it")
      }
  }

  /// One attempt.
  public func send(_ notification: ForwardNotification) -> ForwardOutcome { way.send(notification) }
}

/// The way to a receiver that gets notifications.
private struct NotificationWay: ForwardChannel {
  private let name: String
  /// The parts of a transition that name its group.
  private let parts: [String]
  private let channel: any Channel
  private let log: Logger

  init(_ definition: ReceiverDefinition, _ channel: any Channel, _ log: Logger) {
    name = definition.name
    parts = definition.groupBy ?? []
    self.channel = channel
    self.log = log
  }

  func send(_ notification: ForwardNotification) -> ForwardOutcome {
    let transitions = notification.transitions.compactMap { Forwarded($0.value) }
    guard transitions.count == notification.transitions.count else {
      return .refused(reason: "a record of the topic isn't a transition in UTF-8")
    }
    let group = notification.group.map { values in
      zip(parts, values).map { Transition.Label(name: $0, value: $1) }
    }
    let outcome = channel.send(Notification(receiver: name, group: group, transitions: transitions))
    if case .delivered(let remark?) = outcome {
      log.warning("a receiver was told in part", ["receiver": .string(name), "reason": .string(remark)])
    }
    return ForwardOutcome(outcome)
  }
}

extension ForwardOutcome {
  /// How an attempt ended, for the queue.
  init(_ outcome: SendOutcome) {
    self =
      switch outcome {
      case .delivered: .delivered
      case .later(let after, let reason): .later(after: after, reason: reason)
      case .refused(let reason): .refused(reason: reason)
      }
  }
}
