import Arguments
import Console
import Glibc
import Platform
import Programs
import Records

/// `statusd demo`: agent, evaluator and meter on this machine, without a broker.
enum Demo: Subcommand {
  private static let exitAfter = Option.duration(
    "exit-after", in: .seconds(1) ... .seconds(86_400), help: "end after this time; by default 60s")

  static var command: Command {
    Command(
      name: "demo",
      summary: "demonstrate statusd on this machine, without a broker",
      description: [
        "Starts a small Kafka inside this process, the agent, the evaluator and the meter. Shows samples of this machine, "
          + "puts a short load on its CPUs, and shows how an alert fires and resolves. Then it writes a stream of records, "
          + "stops and goes on, and shows the alert about that. This takes about 35 s; then samples go on. The exit status "
          + "is 1 if not all of these alerts fired and resolved."
      ],
      options: [exitAfter],
      examples: [
        .init("statusd demo", "watch for a minute"),
        .init("statusd demo --exit-after 30s", "end sooner"),
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    let signals = try Signals.forShowing()
    let limit = given[exitAfter] ?? .seconds(60)
    let deadline = SystemTime().monotonic + limit
    let colours = Colours.ofOutput
    let stage = try DemoStage(log: Logger(level: .error, output: StandardErrorLog()), colours: colours)
    var performance = DemoPerformance(stage: stage)
    let shown = Result {
      try performance.begin(limit)
      while SystemTime().monotonic < deadline, signals.wait(or: stage.wakeup, until: deadline) != .stop {
        for arrival in stage.arrivals() { try performance.take(arrival) }
      }
      try performance.end()
    }
    stage.close()
    try shown.get()
    return performance.isTold || signals.isUnread ? .ok : .failed
  }
}

/// Shows samples and alerts, and performs the story's actions.
private struct DemoPerformance {
  let stage: DemoStage
  private var story = DemoStory()
  private var streamStory = DemoStreamStory()
  private var burner: Burner?

  init(stage: DemoStage) { self.stage = stage }

  /// Whether both stories are told to their ends.
  var isTold: Bool { story.isTold && streamStory.isTold }

  func begin(_ limit: Duration) throws {
    try say("A small Kafka runs inside this program, at \(stage.brokers): no broker, no Java, nothing on disk.")
    try say("The agent reads /proc once a second. Each sample becomes a record in the topic 'status_topic':")
  }

  mutating func take(_ arrival: DemoStage.Arrival) throws {
    switch arrival {
    case .sample(let sample):
      try stage.write()
      if streamStory.isUnderWay { return }
      try show(sample)
      guard let usage = sample.usage, let user = sample.user, let system = sample.system else { return }
      try perform(story.take(DemoStory.Sample(usage: usage, user: user, system: system)))
    case .transition(let transition, let line):
      try printOut("  \(String(decoding: line, as: UTF8.self))")
      let isFiring = transition.status == .firing
      if story.isTold, transition.rule == DemoStreamStory.rule.name {
        try perform(isFiring ? streamStory.alertFires() : streamStory.alertIsResolved())
        if isTold { try say("Samples go on until the demo ends by itself or by Ctrl-C. Next: statusd help run.") }
        return
      }
      try perform(isFiring ? story.alertFires() : story.alertIsResolved())
      if story.isTold { try perform(streamStory.begin()) }
    case .reading(let reading):
      guard streamStory.isUnderWay else { return }
      try show(reading)
      try perform(streamStory.take(rate: reading.rate))
    }
  }

  mutating func end() throws {
    burner?.stop()
    if !isTold { try say("The demo ends before all of its alerts fired and resolved.") }
  }

  private mutating func perform(_ actions: [DemoStory.Action]) throws {
    for action in actions {
      switch action {
      case .say(let text): try say(text)
      case .rule(let rule): stage.reload(rule)
      case .load(let load):
        burner?.stop()
        burner = try load.map { load in try Burner(load) }
      }
    }
  }

  private mutating func perform(_ actions: [DemoStreamStory.Action]) throws {
    for action in actions {
      switch action {
      case .say(let text): try say(text)
      case .rule(let rule): stage.reload(rule)
      case .write(let isWritten): stage.isWriting = isWritten
      }
    }
  }

  private func show(_ reading: DemoStage.Reading) throws(OutputError) {
    let rate = reading.rate.map { "\(($0 * 10).rounded() / 10) a second" } ?? "not known yet"
    try printOut("  \(reading.time.rfc3339)  stream monitor  rate \(rate)\n")
  }

  private func show(_ sample: DemoStage.Sample) throws(OutputError) {
    func percent(_ value: Double?) -> String { value.map { "\(($0 * 10).rounded() / 10)%" } ?? "-" }
    try printOut("  \(sample.time.rfc3339)  cpu \(percent(sample.usage))  memory \(percent(sample.memory))\n")
  }

  private func say(_ text: String) throws(OutputError) { try printOut("\n» \(text)\n") }
}
