import Evaluator
import Platform
import Records
import Rules
import Settings
import TestSupport
import Testing

@testable import Backtest

@Suite("A backtest")
struct BacktestRunTests {
  /// Settings with one rule: `cpu_usage` above 90.
  private static func settings() -> Settings {
    var settings = Settings(brokers: "127.0.0.1:1", hostName: "h")
    settings.rules = [Rule(name: "cpu-high", metric: "cpu_usage", side: .above, limits: .init(critical: 90))]
    return settings
  }

  private func run(_ offsets: [Int32: Range<Int64>]) -> BacktestRun {
    BacktestRun(
      Stretch(topic: "status_topic", offsets: offsets), settings: Self.settings(), partitionCount: 2,
      log: Logger(output: CapturedLog()), time: ManualTime())
  }

  private func give(
    _ cpu: Int, host: String = "web-1", _ partition: Int32 = 0, _ offset: Int64, at seconds: Int64,
    to run: inout BacktestRun
  ) {
    Array("{\"host\":\"\(host)\",\"cpu_usage\":\(cpu)}".utf8).withUnsafeBytes { value in
      Array(host.utf8).withUnsafeBytes { key in
        run.receive(
          LogRecord(
            partition: LogPartition(topic: 0, number: partition), offset: offset, kafkaTime: seconds * 1000,
            isLogAppendTime: true, key: key, value: value))
      }
    }
  }

  private func expect(
    _ run: borrowing BacktestRun, isDone expected: Bool, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let isDone = run.isDone
    #expect(isDone == expected, sourceLocation: sourceLocation)
  }

  private func taken(_ run: inout BacktestRun) -> [String] {
    var all: [String] = []
    while let transition = run.next() {
      all.append(
        "\(transition.status) \(transition.subject) \(transition.source.partition)@\(transition.source.offset)")
    }
    return all
  }

  @Test("evaluates the records of the stretch, and none before or after it")
  func stretch() {
    var run = run([0: 5..<7])
    for (offset, cpu) in [(4, 95), (5, 10), (6, 95), (7, 10), (8, 95)] as [(Int64, Int)] {
      give(cpu, 0, offset, at: offset, to: &run)
    }
    expect(run, isDone: true)
    let (records, latest) = (run.records, run.latest)
    #expect(records == 2)
    #expect(latest == WallTime(milliseconds: 6000))
    let all = taken(&run)
    #expect(all == ["firing web-1 0@6"])
  }

  @Test("each partition is evaluated separately, and transitions come in the order of Kafka's time")
  func partitions() {
    var run = run([0: 0..<2, 1: 0..<2])
    give(95, host: "web-2", 1, 0, at: 3, to: &run)
    give(10, host: "web-2", 1, 1, at: 9, to: &run)
    give(95, 0, 0, at: 1, to: &run)
    give(10, 0, 1, at: 5, to: &run)
    let all = taken(&run)
    #expect(all == ["firing web-1 0@0", "firing web-2 1@0", "resolved web-1 0@1", "resolved web-2 1@1"])
    expect(run, isDone: true)
  }

  @Test("a partition that ends with transaction markers is done at its end; an empty one is done at once")
  func ends() {
    var run = run([0: 0..<3, 1: 4..<4])
    give(95, 0, 0, at: 1, to: &run)
    expect(run, isDone: false)
    run.receiveEnd(of: LogPartition(topic: 0, number: 0), position: 2)
    expect(run, isDone: false)
    run.receiveEnd(of: LogPartition(topic: 0, number: 0), position: 3)
    expect(run, isDone: true)
    let all = taken(&run)
    #expect(all == ["firing web-1 0@0"])
  }

  @Test("transitions that wait for an unreadable partition come once it is given up")
  func givenUp() {
    var run = run([0: 0..<3, 1: 0..<3])
    give(95, host: "web-2", 1, 0, at: 1, to: &run)
    var all = taken(&run)
    #expect(all == [])
    run.giveUp()
    all = taken(&run)
    #expect(all == ["firing web-2 1@0"])
    expect(run, isDone: true)
  }

  @Test("gives the transitions that an evaluator gives, with the same ids")
  func ids() throws {
    var run = run([0: 0..<1])
    give(95, 0, 0, at: 1, to: &run)
    let next = run.next()
    let transition = try #require(next)
    var expected = Transition.sample("web-1", at: 1, offset: 0)
    expected.metric = "cpu_usage"
    #expect(transition == expected)
    #expect(transition.id == expected.id)
  }
}
