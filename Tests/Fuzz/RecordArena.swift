import Evaluator
import JSON
import Platform
import Records
import Settings
import TestRandom

/// Records of a status topic, through the evaluator as a backtest runs it: reader, engines and all.
///
/// What must hold: nothing ends the process, every record is counted, the same records make the same transitions, an
/// alert fires before it is resolved, and each transition can be read again from the bytes that it is written as.
struct RecordArena: Arena {
  static let name = "records"
  static let inputsPerCase = 50

  /// Rules that ask for all that a record can have: numbers, texts, its time, its boot, windows and silence.
  private static let configuration = """
    [kafka]
    brokers = "none:9092"
    [[rule]]
    name = "plain"
    metric = "cpu_usage"
    above = { warning = 1, critical = 50 }
    summary = "{{host}} {{value}} {{threshold}} {{rule}}"
    [[rule]]
    name = "texts"
    metric = "memory_usage"
    below = 10
    match = { boot_id = "*", timestamp = "*", host = "*e*", role = "*" }
    labels = { role = "x" }
    [[rule]]
    name = "average"
    metric = "cpu_usage"
    window = "1m"
    aggregate = "avg"
    above = 2
    for = "1s"
    keep_firing_for = "2s"
    [[rule]]
    name = "median"
    metric = "x"
    window = "10s"
    aggregate = "p50"
    below = 100
    [[rule]]
    name = "often"
    metric = "cpu_usage"
    at_least = "2 of 3"
    above = 0
    repeat_every = "1s"
    """

  private let settings: Settings
  private let time = ManualTime(wall: WallTime(milliseconds: 1_795_176_000_000))

  init() throws {
    let loaded = Settings.load(text: Array(Self.configuration.utf8), file: Self.name)
    guard let settings = loaded.settings, loaded.complaints.isEmpty else {
      throw FuzzFailure("the rules of this door: \(loaded.complaints)")
    }
    self.settings = settings
  }

  mutating func run(_ random: inout SeededRandom) -> String? {
    let records = Self.records(&random)
    let first = transitions(of: records)
    guard first.numbers.records == records.count else {
      return "\(first.numbers.records) records counted; \(Self.shown(records))"
    }
    if let problem = Self.problem(in: first.transitions) { return "\(problem); \(Self.shown(records))" }
    guard transitions(of: records).transitions == first.transitions else {
      return "the same records make other transitions; \(Self.shown(records))"
    }
    return nil
  }

  private struct Record {
    var key: [UInt8]?
    var value: [UInt8]?
    var kafkaTime: Int64
    var isLogAppendTime: Bool
  }

  private static func records(_ random: inout SeededRandom) -> [Record] {
    var kafkaTime: Int64 = 1_795_176_000_000
    let isLogAppendTime = !random.once(in: 4)
    return (0..<inputsPerCase).map { _ in
      var maker = RandomRecord(random: random)
      var value = Array(maker.object().utf8)
      random = maker.random
      if random.once(in: 2) { value = random.broken(value, with: pieces) }
      kafkaTime += Int64(random.pick([0, 1, 500, 1000, 1000, 1000, 61_000]))
      return Record(
        key: random.pick([nil, [], Array("db-1".utf8), Array("web-1".utf8), [0xFF], Array("a\u{85}".utf8)]),
        value: random.once(in: 30) ? nil : value,
        kafkaTime: random.once(in: 20) ? random.pick([-1, 0, .max, .min, kafkaTime - 5000]) : kafkaTime,
        isLogAppendTime: isLogAppendTime)
    }
  }

  private func transitions(of records: [Record]) -> (transitions: [Transition], numbers: EvaluatorNumbers) {
    var replay = Replay(
      settings: settings, topic: settings.topics.status, rules: settings.ruleSet, partitionCount: 1,
      log: Logger(level: .critical, output: NoLog()), time: time)
    replay.begin(partition: 0, at: 0)
    for (offset, record) in records.enumerated() {
      withBytes(record.key) { key in
        withBytes(record.value) { value in
          replay.receive(
            LogRecord(
              partition: LogPartition(topic: 0, number: 0), offset: Int64(offset), kafkaTime: record.kafkaTime,
              isLogAppendTime: record.isLogAppendTime, key: key, value: value))
        }
      }
      replay.speak()
    }
    return (replay.takeTransitions(), replay.numbers)
  }

  private static func problem(in transitions: [Transition]) -> String? {
    var firing: Set<String> = []
    var writer = Writer()
    for transition in transitions {
      let key = transition.key
      switch transition.status {
      case .firing: firing.insert(key)
      case .resolved: if firing.remove(key) == nil { return "\(key) is resolved and didn't fire" }
      }
      writer.reset()
      transition.encode(into: &writer)
      guard let again = Transition.decode(writer.bytes) else {
        return "a transition can't be read again: \(shown(writer.bytes))"
      }
      if again.key != key || again.status != transition.status || again.source != transition.source {
        return "a transition is read as another: \(shown(writer.bytes))"
      }
    }
    return nil
  }

  private static func shown(_ records: [Record]) -> String {
    records.map { record in
      "\n  \(record.kafkaTime) \(record.key.map { shown($0) } ?? "null") \(record.value.map { shown($0) } ?? "null")"
    }.joined()
  }

  private static func shown(_ bytes: [UInt8]) -> String { Fuzz.shown(bytes) }

  private static let pieces: [[UInt8]] = [
    "\"host\":", "\"timestamp\":\"2026-11-20T12:00:01.000Z\"", "\"boot_id\":\"", "\"sequence\":", "\"cpu_usage\":",
    "\"role\":", "{", "}", "[", "]", "\"", "\\", ",", ":", "null", "true", "-", "e", ".",
  ].map { Array($0.utf8) }
}

/// A door that can't be made ready.
struct FuzzFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Nobody reads the log.
struct NoLog: LogOutput {
  func write(_ level: LogLevel, _ message: StaticString, _ metadata: LogMetadata) {}
}
