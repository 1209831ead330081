import Platform
import Records
import Streams

/// The cluster and its consumer groups, if this worker has partition 0 of the topic of streams.
extension Metering {
  /// How many readings of groups go into one delivery, about.
  private static let greatestGroupReadings = 1000
  /// The partition whose owner asks about the cluster, and which has the groups' states.
  private static let lagPartition = LogPartition(topic: 0, number: 0)

  /// Restores what is known of the groups.
  mutating func restoreGroups(_ kept: [[UInt8]: ChangelogStore.Kept], of partition: LogPartition) {
    guard partition == Self.lagPartition else { return }
    groupStates = [:]
    let scope = scope(of: partition)
    for (key, kept) in kept {
      key.withUnsafeBytes { key in
        kept.value.withUnsafeBytes { value in
          guard case .group(let bytes)? = try? scope.read(key) else { return }
          let name = String(decoding: bytes, as: UTF8.self)
          do throws(ChangelogProblem) {
            groupStates[name] = try GroupState(value, key: key)
          } catch {
            numbers.unusableCheckpoints += 1
            remarks.append(.unusableGroup(name, error))
          }
        }
      }
    }
  }

  /// Begins or ends to ask, as the orders and the partitions held say. A round under way goes on if its orders stay.
  mutating func settleLag() {
    guard let lagOrders = orders.lag, deliveries[Self.lagPartition] != nil else {
      lag = nil
      return
    }
    if lag?.orders == lagOrders { return }
    do throws(Expression.Problem) {
      lag = try LagWatch(lagOrders, instance: plan.instance, states: groupStates, now: now)
    } catch {
      lag = nil
      remarks.append(.badGroupExpression(error.message))
    }
  }

  /// The partition with the groups' states is gone.
  mutating func forgetGroups(with partitions: [LogPartition]) {
    guard partitions.contains(Self.lagPartition) else { return }
    (lag, groupStates, changedGroups) = (nil, [:], [])
  }

  /// Asks what is to be asked, and takes what has come.
  mutating func tendLag<Log: EvaluatorLog & ~Copyable>(_ log: inout Log) {
    guard lag != nil else {
      if hasAsked { log.endQuestions() }
      hasAsked = false
      return
    }
    guard let time = clock.earliest(at: now) else { return }
    if let answer = log.takeAnswer(), let question = lag?.take(answer, at: time, now) { log.ask(question) }
    if let question = lag?.begin(at: time, now) {
      log.ask(question)
      hasAsked = true
    }
  }

  /// Moves what rounds have told into the outbox, as much as a delivery takes.
  mutating func collectLag(into outbox: inout Outbox) {
    for remark in lag?.takeRemarks() ?? [] { remarks.append(remark) }
    let room = Self.greatestGroupReadings - outbox.transitions
    guard room > 0, let tellings = lag?.takeTellings(room) else { return }
    for telling in tellings {
      for reading in telling.readings { append(reading, to: &outbox, of: Self.lagPartition) }
      guard let group = telling.group else { continue }
      groupStates[group] = telling.state
      changedGroups.insert(group)
    }
  }

  /// Writes the changed states of groups.
  mutating func writeGroups(into outbox: inout Outbox) {
    for group in changedGroups.sorted() {
      var key = BinaryWriter()
      Array(group.utf8).withUnsafeBytes { scope(of: Self.lagPartition).writeGroupKey(of: $0, to: &key) }
      let state = groupStates[group]
      outbox.append(stateKeyed: key, of: Self.lagPartition, isVital: false) { state?.write(to: &$0, key: $1) }
    }
    changedGroups = []
  }
}
