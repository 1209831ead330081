import Forwarding
import JSON
import Platform
import Records
import Rules
import SimulatedKafka
import TestSupport

@testable import Evaluator

extension SimulatedCluster {
  /// A cluster for forwarders: with a topic of transitions, one of what fires, and one of `partitions` for their state.
  convenience init(forwarders time: ManualTime, partitions: Int32) {
    self.init(time: time, topics: [partitions])
    marksAtOnce = true
    makeStream("alerts", partitions: 2)
    makeStream("alerts-current", partitions: 2)
  }

  /// Writes the transition of this number, as an evaluator does.
  ///
  /// - Parameter current: whether the topic of what fires gets it, too.
  func append(
    _ rule: String, _ host: String, _ status: Transition.Status, number: Int64, at now: WallTime, current: Bool = true
  ) {
    let transition = Transition(
      timestamp: WallTime(milliseconds: 1_800_000_000_000 + number), status: status, severity: .critical, rule: rule,
      subject: host, metric: "cpu_usage", value: 95, threshold: 90, since: WallTime(milliseconds: 1_800_000_000_000),
      previous: .inactive, source: SourcePosition(topic: "status_topic", partition: 0, offset: number))
    var writer = Writer()
    transition.encode(into: &writer)
    let partition = host.utf8.reduce(0) { $0 + Int($1) } % 2
    for stream in 0...(current ? 1 : 0) {
      append(
        toStream: stream, partition, key: Array(transition.key.utf8),
        value: stream == 0 || status == .firing ? writer.bytes : nil, kafkaTime: now.milliseconds,
        isLogAppendTime: true)
    }
  }

  /// Begins a forwarder.
  func forwarder(
    _ member: SimulatedMember, _ receivers: [ReceiverOrder], _ dispatcher: ForwardDispatcher,
    _ tally: ForwardTally = ForwardTally(), share: WorkerShare<ForwardOrders>? = nil, time: ManualTime,
    longestWait: Duration? = nil, log: Logger = silent
  ) throws -> Worker<SimulatedLog, Forwarder> {
    let worker = Worker<SimulatedLog, Forwarder>(
      log: SimulatedLog(self, member, longestWait: longestWait),
      orders: ForwardOrders(
        receivers, alerts: "alerts", current: "alerts-current", dispatcher: dispatcher, tally: tally),
      plan: WorkerPlan(
        topics: ["statusd-forward"], group: "statusd-forward", instance: member.name,
        commitInterval: .milliseconds(20)),
      share: try share ?? WorkerShare<ForwardOrders>(),
      heartbeat: Heartbeat(name: member.name, allowedSilence: .seconds(10), now: time.monotonic),
      logger: log, time: time)
    group.giveOutFree()
    return worker
  }
}
