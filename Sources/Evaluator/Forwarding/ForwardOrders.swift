import Forwarding

/// A receiver, and how it is told.
public struct ReceiverOrder: Sendable {
  /// What it is told, and when.
  public var definition: ReceiverDefinition
  /// How.
  public var channel: any ForwardChannel

  /// `definition`, told through `channel`.
  public init(_ definition: ReceiverDefinition, _ channel: any ForwardChannel) {
    self.definition = definition
    self.channel = channel
  }
}

/// Who is told, if it falls to this worker.
package struct ForwardOrders: WorkerOrders {
  /// The receivers.
  package var receivers: [ReceiverOrder]
  /// The topic of all transitions.
  package var alerts: String
  /// The topic of the last transitions of firing alerts.
  package var current: String
  package var dispatcher: ForwardDispatcher
  /// Where it is counted.
  package var tally: ForwardTally

  /// These receivers.
  package init(
    _ receivers: [ReceiverOrder], alerts: String, current: String, dispatcher: ForwardDispatcher,
    tally: ForwardTally = ForwardTally()
  ) {
    self.receivers = receivers
    self.alerts = alerts
    self.current = current
    self.dispatcher = dispatcher
    self.tally = tally
  }

  package var count: Int { receivers.count }

  /// Receivers aren't stored.
  package func greatestStoredSize(instance: String) -> Int { 0 }
}
