import Evaluator
import Kafka
import Platform

/// Programs that use the evaluators' group without being evaluators.
extension KafkaLog {
  /// The rate of log lines about the group, for all workers of a process.
  static func makeStrangersLimit(_ time: any TimeSource) -> RateLimit { RateLimit(1, per: .seconds(59), time: time) }

  /// How long the group's coordinator may take to name the members.
  private static var membersPatience: Duration { .seconds(3) }

  /// Asks for the group's members, if there is a reason to.
  mutating func watchGroup() {
    if watch.asks(time.monotonic) { consumer.askForMembers(within: Self.membersPatience) }
  }

  /// Logs a finding about the group.
  func say(_ finding: GroupWatch.Finding?) {
    guard let finding else { return }
    switch finding {
    case .refuses(let members, let duration, let reason):
      var facts = facts(of: members)
      facts.append("for", .duration(duration))
      if let reason { facts.append("reason", .string(reason)) }
      logger.limited(
        strangers, .error,
        "the group refuses evaluators, because another program in it uses another assignment protocol: nothing is evaluated; cure: end that program, or give it a group.id of its own; trying again",
        facts)
    case .strangers(let members):
      var facts = facts(of: members)
      let taken = members.flatMap(\.partitions).filter { names.sources.contains($0.topic) }.sorted()
      facts.append("partitions", .int(taken.count))
      if !taken.isEmpty { facts.append("first", .string("\(taken[0])")) }
      logger.limited(
        strangers, .error,
        "another program is a member of the evaluators' group: partitions that it is given are not evaluated; cure: end that program, or give it a group.id of its own",
        facts)
    case .takesAgain(let duration):
      logger.notice(
        "the group takes evaluators again", ["group": .string(names.member.group), "after": .duration(duration)])
    case .isAmongItself:
      logger.notice(
        "no other program is a member of the evaluators' group any more", ["group": .string(names.member.group)])
    }
  }

  /// The group, and the first of these members.
  private func facts(of members: [GroupMember]) -> LogMetadata {
    var facts: LogMetadata = ["group": .string(names.member.group)]
    guard let first = members.first else { return facts }
    facts.append("client_id", .string(first.clientID))
    facts.append("host", .string(first.host))
    if members.count > 1 { facts.append("members", .int(members.count)) }
    return facts
  }
}
