import Evaluator
import JSON
import Platform
import Records
import Settings

/// One unit test of rules: evaluates its samples, and compares the transitions with the expected ones.
public struct RuleTestRun {
  /// One line of the result.
  public enum Line: Equatable, Sendable {
    /// A transition as expected.
    case met(Transition)
    /// A transition that differs from the expected one; `parts` describes each difference.
    case differs(Transition, RuleTests.Expectation, parts: [String])
    /// A transition that wasn't expected.
    case unexpected(Transition)
    /// An expected transition that is missing.
    case missing(RuleTests.Expectation)
  }

  /// The test.
  public let test: RuleTests.Test
  /// The transitions and the missing ones, in the order of time.
  public private(set) var lines: [Line] = []

  /// Runs `test`.
  public init(_ test: RuleTests.Test) {
    self.test = test
    compare(evaluate())
  }

  /// Whether exactly the expected transitions came.
  public var isMet: Bool { lines.allSatisfy { if case .met = $0 { true } else { false } } }

  /// The transitions that the rules make from the samples.
  private func evaluate() -> [Transition] {
    // Each stream has a topic of its own, and rules of its own.
    let streams = Set(test.settings.rules.map(\.stream?.stream))
    var made: [(step: Int, transition: Transition)] = []
    for stream in streams.sorted(by: { $0 ?? "" < $1 ?? "" }) { evaluate(stream, into: &made) }
    return made.enumerated().sorted { ($0.element.step, $0.offset) < ($1.element.step, $1.offset) }
      .map(\.element.transition)
  }

  /// Evaluates the series of a stream; nil stands for those of status records.
  private func evaluate(_ stream: String?, into made: inout [(step: Int, transition: Transition)]) {
    let settings = test.settings
    let time = ManualTime(wall: test.start)
    var replay = Replay(
      settings: settings, topic: stream ?? settings.topics.status,
      rules: stream.map { settings.ruleSet(ofStream: $0) } ?? settings.ruleSet, partitionCount: 1,
      log: Logger(level: .critical, output: NoLog()), time: time)
    replay.begin(partition: 0, at: 0)
    let steps = test.series.flatMap { $0.values.map(\.samples.count) }.max() ?? 0
    var writer = Writer()
    var offset: Int64 = 0
    for step in 0..<steps {
      let now = test.start + test.interval * step
      // Time passes until just before these records, which end a silence.
      replay.pass(to: now.milliseconds - 1, since: test.start.milliseconds)
      for series in test.series where series.stream == stream {
        guard write(series, step, at: now, into: &writer) else { continue }
        var host = series.host
        host.withUTF8 { key in
          writer.bytes.withUnsafeBytes { value in
            replay.receive(
              LogRecord(
                partition: LogPartition(topic: 0, number: 0), offset: offset, kafkaTime: now.milliseconds,
                isLogAppendTime: true, key: UnsafeRawBufferPointer(key), value: value))
          }
        }
        offset += 1
      }
      replay.pass(to: now.milliseconds, since: test.start.milliseconds)
      if replay.hasTransitions { made += replay.takeTransitions().map { (step, $0) } }
    }
  }

  /// Writes the record of `series` at `step`. Returns false if no metric has a sample.
  private func write(_ series: RuleTests.Series, _ step: Int, at time: WallTime, into writer: inout Writer) -> Bool {
    writer.reset()
    writer.beginObject()
    if series.stream == nil {
      writer.key("timestamp")
      writer.time(time)
      writer.key("host")
      writer.string(series.host)
    }
    if let field = test.settings.rules.first(where: { $0.stream?.stream == series.stream })?.stream?.field,
      !series.fields.contains(where: { $0.name == field })
    {
      writer.key(field)
      writer.string(series.host)
    }
    for field in series.fields {
      writer.key(field.name)
      writer.string(field.value)
    }
    var hasSample = false
    for values in series.values where step < values.samples.count {
      guard let sample = values.samples[step] else { continue }
      writer.key(values.metric)
      writer.double(sample)
      hasSample = true
    }
    writer.endObject()
    return hasSample
  }

  /// Assigns each transition the first expectation that it meets, or else the first that it nearly meets.
  private mutating func compare(_ made: [Transition]) {
    var open = test.expected
    var results: [Line?] = made.map { transition in
      guard let index = open.firstIndex(where: { isAbout(transition, $0) && differences(transition, $0).isEmpty })
      else { return nil }
      open.remove(at: index)
      return .met(transition)
    }
    for (place, transition) in made.enumerated() where results[place] == nil {
      if let index = open.firstIndex(where: { isAbout(transition, $0) }) {
        let expected = open.remove(at: index)
        results[place] = .differs(transition, expected, parts: differences(transition, expected))
      } else {
        results[place] = .unexpected(transition)
      }
    }
    let all =
      zip(made, results).map { (time(of: $0.timestamp), $1 ?? .unexpected($0)) }
      + open.map { ($0.at, Line.missing($0)) }
    lines = all.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }.map(\.element.1)
  }

  /// The time since the first sample.
  public func time(of wall: WallTime) -> Duration { wall - test.start }

  private func isAbout(_ transition: Transition, _ expected: RuleTests.Expectation) -> Bool {
    time(of: transition.timestamp) == expected.at && transition.rule == expected.rule
      && transition.subject == expected.host && transition.status == expected.status
  }

  private func differences(_ transition: Transition, _ expected: RuleTests.Expectation) -> [String] {
    var parts: [String] = []
    func compare<Value: Equatable>(
      _ name: String, _ wanted: Value?, _ came: Value?, _ text: (Value) -> String = { "\($0)" }
    ) {
      guard let wanted, wanted != came else { return }
      parts.append("\(name) is \(came.map(text) ?? "absent"), not \(text(wanted))")
    }
    compare("severity", expected.severity, transition.severity) { $0.name }
    compare("value", expected.value, transition.value)
    compare("since", expected.since, time(of: transition.since)) { $0.text }
    compare("previous", expected.previous, transition.previous) { $0.rawValue }
    compare("reason", expected.reason, transition.reason) { $0.rawValue }
    compare("repeat", expected.repeat, transition.repeat)
    compare("summary", expected.summary, transition.summary)
    return parts
  }

  /// Discards log lines, which aren't part of a test.
  private struct NoLog: LogOutput {
    func write(_ level: LogLevel, _ message: StaticString, _ metadata: LogMetadata) {}
  }
}
