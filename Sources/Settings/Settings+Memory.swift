import Rules

extension Settings {
  /// The memory that the systemd unit allows the process (`MemoryMax`), in bytes.
  static let unitsMemory = 1 << 30
  /// The memory of an evaluator without hosts, in bytes: the program, librdkafka and its queues.
  static let ownMemory = 150 << 20

  /// An estimate of the memory of a host that sends as often as this agent.
  public var subjectMemory: SubjectMemory {
    var hosts = self
    // A rule that names a kind is about readings; the records of hosts have none.
    hosts.rules.removeAll { $0.match.contains { $0.field == "kind" } }
    // How often the subjects of a stream send, nobody knows here.
    return hosts.ruleSet.memory(samplesEvery: agent.interval)
  }

  /// The same for people, also for `max_subjects` hosts.
  public var memoryInWords: String {
    let memory = subjectMemory
    let (most, isOver) = memory.most.multipliedReportingOverflow(by: evaluator.maxSubjects)
    let windows = memory.most == memory.least ? "" : " at first, \(Settings.rough(memory.most)) with full windows"
    return "a host takes about \(Settings.rough(memory.least)) of memory\(windows), "
      + "\(evaluator.maxSubjects) hosts up to \(Settings.rough(isOver ? .max : most))"
  }

  /// `1.2 KiB`: at least two digits.
  private static func rough(_ bytes: Int) -> String {
    var (whole, tenths) = (bytes, 0)
    var unit = 0
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    while whole >= 1024, unit < units.count - 1 {
      (tenths, whole) = (whole % 1024 * 10 / 1024, whole / 1024)
      unit += 1
    }
    return unit > 0 && whole < 10 ? "\(whole).\(tenths) \(units[unit])" : "\(whole) \(units[unit])"
  }
}
