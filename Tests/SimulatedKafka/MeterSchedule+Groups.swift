import Evaluator
import Streams

/// A consumer group whose positions rise while meters tell its lag: what is told of it is held against itself.
extension MeterSchedule {
  static let lag = LagOrders(groups: ["^.*"], interval: .seconds(1), stalledAfter: .seconds(30), ownGroups: [])
  /// The end of the group's only partition, so that its lag tells its position.
  private static let end: Int64 = 1_000_000

  /// What brokers say.
  func answer(_ question: ClusterQuestion) -> ClusterAnswer? {
    switch question {
    case .overview:
      return .overview(
        ClusterOverview(
          cluster: ClusterReading(brokers: [1], partitions: []),
          groups: ["g": GroupView(members: 1, word: "Stable", topics: ["t"])], hasAllGroups: true))
    case .positions:
      return .positions([
        "g": [.init(StreamPartition("t", 0), committed: groupPosition, logStart: 0, highWatermark: Self.end)]
      ])
    case .firstRecords(let places):
      let now = time.wall.milliseconds
      return .firstRecords(Dictionary(places.map { ($0, .record(time: now)) }) { $1 })
    }
  }

  /// Each reading's progress must lead from the last reading's position to its own, whoever told them: that holds only if
  /// the state is in the transaction of its readings.
  func checkGroup() -> String? {
    if cluster.answers == nil { return nil }
    var last: Int64?
    for entry in cluster.alerts.committed where entry.key.map({ Array("group/g".utf8) == $0 }) ?? false {
      guard let value = entry.value, let (_, numbers) = Told.fields(of: value), let lag = numbers["lag"] else {
        return "a reading of the group can't be read"
      }
      let position = Self.end - lag
      if let last {
        if let progress = numbers["progress"], progress != position - last {
          return "the group came on by \(progress), from \(last) to \(position)"
        }
      } else if numbers["progress"] != nil {
        return "the first reading of the group has progress"
      }
      last = position
    }
    return last == nil ? "the group has no reading" : nil
  }
}
