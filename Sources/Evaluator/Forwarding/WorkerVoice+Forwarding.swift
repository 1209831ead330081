/// What the forwarder says.
extension WorkerVoice {
  mutating func remark(_ remark: ForwardRemark) {
    switch remark {
    case .noClock:
      log.limited(
        clock, .error,
        "brokers don't say when they append to the topic of receivers: nobody is told; cure: set its message.timestamp.type to LogAppendTime"
      )
    case .begins(let receiver, let firing):
      log.notice(
        "a receiver is told for the first time: of what fires now, and what comes",
        ["receiver": .string(receiver), "firing": .int(firing)])
    case .failed(let receiver, let reason):
      log.limited(
        exceeding, .warning, "a receiver couldn't be told; it is tried again",
        ["receiver": .string(receiver), "reason": .string(reason)])
    case .refusedStanding(let receiver, let reason):
      log.limited(
        exceeding, .error, "a receiver refuses alerts that it was told of before",
        ["receiver": .string(receiver), "reason": .string(reason)])
    case .gaveUp(let receiver, let alert, let reason):
      log.limited(
        exceeding, .error, "a receiver will not be told of a transition; it is kept in the topic of undelivered ones",
        ["receiver": .string(receiver), "alert": .string(alert), "reason": .string(reason)])
    case .unusable(let problem):
      log.limited(exceeding, .error, "a record of a receiver's state can't be used", ["reason": .string("\(problem)")])
    case .unknown(let receiver):
      log.notice("the topic of receivers has the state of one that isn't in the file", ["receiver": .string(receiver)])
    case .lost(let receiver, let count):
      log.error(
        "retention took transitions before a receiver was told",
        ["receiver": .string(receiver), "records": .int(count)])
    }
  }
}
