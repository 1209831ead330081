import Forwarding

/// Who is told, if it falls to this worker.
package struct ForwardOrders: WorkerOrders {
  /// One receiver.
  package struct Receiver: Sendable {
    /// What it is told, and when.
    package var definition: ReceiverDefinition
    /// How.
    package var channel: any ForwardChannel

    /// `definition`, told through `channel`.
    package init(_ definition: ReceiverDefinition, _ channel: any ForwardChannel) {
      self.definition = definition
      self.channel = channel
    }
  }

  /// The receivers.
  package var receivers: [Receiver]
  /// The topic of all transitions.
  package var alerts: String
  /// The topic of the last transitions of firing alerts.
  package var current: String
  package var dispatcher: ForwardDispatcher

  /// These receivers.
  package init(_ receivers: [Receiver], alerts: String, current: String, dispatcher: ForwardDispatcher) {
    self.receivers = receivers
    self.alerts = alerts
    self.current = current
    self.dispatcher = dispatcher
  }

  package var count: Int { receivers.count }

  /// Receivers aren't stored.
  package func greatestStoredSize(instance: String) -> Int { 0 }
}
