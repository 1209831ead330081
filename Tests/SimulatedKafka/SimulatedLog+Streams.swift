import Evaluator
import Platform

/// Topics beside the group's.
extension SimulatedLog {
  package var appendTime: WallTime? { member.committedAppend }

  package var deliveryTimes: DeliveryTimes { cluster.deliveryTimes }

  package mutating func ask(_ question: ClusterQuestion) {
    member.asks = true
    member.answer = cluster.answers?(question)
  }

  package mutating func takeAnswer() -> ClusterAnswer? {
    defer { member.answer = nil }
    return member.answer
  }

  package mutating func endQuestions() { (member.asks, member.answer) = (false, nil) }

  package mutating func topics(until deadline: MonotonicTime) throws(LogFailure) -> [LogTopic] {
    try attempt(.partitionCount) { () throws(LogFailure) in
      cluster.streams.enumerated().map { place, topic in
        LogTopic(
          name: topic.name,
          partitions: topic.partitions.indices.map { number in
            !cluster.leaderless.contains(
              LogPartition(topic: place + cluster.places.counts.count, number: Int32(number)))
          })
      }
    }
  }

  package mutating func number(ofTopic name: String, committed: Bool) -> Int {
    let place = cluster.streams.firstIndex { $0.name == name } ?? cluster.streams.count
    return place + cluster.places.counts.count
  }

  package mutating func follow(_ positions: [LogPosition]) throws(LogFailure) {
    let positions = positions
    try attempt(.start) { () throws(LogFailure) in
      member.following = Dictionary(positions.map { ($0.partition, $0.position) }) { $1 }
      member.followedEnds = [:]
    }
  }

  /// The high watermark of a partition; nil if no broker leads it.
  func end(of partition: LogPartition) -> Int64? {
    guard let stream = cluster.stream(partition) else { return cluster.source[index(partition)].end }
    if cluster.leaderless.contains(partition) { return nil }
    return mistake == .understatesEnds ? max(0, stream.end - 1) : stream.end
  }

  mutating func readFollowed<Receiver: LogReceiver & ~Copyable>(_ left: inout Int, into receiver: inout Receiver) {
    // In turns: as in a client's queue, none waits for all others.
    member.turns += 1
    let all = member.following.keys.sorted { ($0.topic, $0.number) < ($1.topic, $1.number) }
    for place in all.indices {
      let id = all[(place + member.turns) % all.count]
      guard left > 0, let start = member.following[id], let partition = cluster.stream(id),
        !cluster.leaderless.contains(id), !cluster.withheld.contains(id)
      else { continue }
      var position = start
      if position < partition.start || position > partition.end {
        member.events.append(.outOfRange(id, position: position))
        member.following[id] = nil
        left -= 1
        continue
      }
      while left > 0, let entry = partition.next(from: position, before: partition.end) {
        (entry.key ?? []).withUnsafeBytes { key in
          (entry.value ?? []).withUnsafeBytes { value in
            receiver.receive(
              LogRecord(
                partition: id, offset: entry.offset, kafkaTime: entry.kafkaTime,
                isLogAppendTime: entry.isLogAppendTime, key: entry.key == nil ? nil : key,
                value: entry.value == nil ? nil : value))
          }
        }
        position = entry.offset + 1
        left -= 1
      }
      if left > 0, member.followedEnds[id] != position {
        member.followedEnds[id] = position
        receiver.receiveEnd(of: id, position: position)
        left -= 1
      }
      member.following[id] = position
    }
  }
}
