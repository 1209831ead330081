import Glibc
@testable import Platform
import TestSupport
import Testing

@Suite("Logger")
struct LoggerTests {
  @Test("lines below the level aren't written, and their metadata isn't built")
  func level() {
    let captured = CapturedLog()
    let log = Logger(level: .warning, output: captured)
    var made = 0
    func facts() -> LogMetadata {
      made += 1
      return ["n": .int(made)]
    }
    log.info("quiet", facts())
    log.warning("loud", facts())
    #expect(captured.messages == ["loud"])
    #expect(made == 1)
    log.level = .debug
    log.debug("quiet", facts())
    #expect(captured.messages == ["loud", "quiet"])
  }

  @Test("copies share the level")
  func copies() {
    let captured = CapturedLog()
    let log = Logger(output: captured)
    let copy = log
    log.level = .critical
    copy.error("lost")
    copy.critical("said")
    #expect(captured.messages == ["said"])
  }

  @Test("each level has a name and a syslog priority")
  func levels() {
    for level in LogLevel.allCases { #expect(LogLevel(name: level.name) == level) }
    #expect(LogLevel(name: "loud") == nil)
    #expect(
      [0, 1, 2, 3, 4, 5, 6, 7, 8, -1].map { LogLevel(syslogPriority: $0) } == [
        .critical, .critical, .critical, .error, .warning, .notice, .info, .debug, .debug, .critical,
      ])
    let log = Logger(level: .debug, output: CapturedLog())
    log.notice("a")
    log.info("b")
  }

  @Test("lines left out by the rate limit are counted, and the next line carries the count")
  func rateLimit() {
    let time = ManualTime()
    let captured = CapturedLog()
    let log = Logger(output: captured)
    let limit = RateLimit(2, per: .seconds(10), time: time)
    for n in 1...5 { log.limited(limit, .warning, "bad record", ["n": .int(n)]) }
    #expect(captured.lines.map { $0.metadata["n"] } == [1, 2])
    time.advance(by: .seconds(10))
    log.limited(limit, .warning, "bad record", ["n": 6])
    log.limited(limit, .warning, "bad record", ["n": 7])
    #expect(captured.lines.dropFirst(2).map(\.metadata) == [["n": 6, "left_out": 3], ["n": 7]])
    log.limited(limit, .warning, "bad record", ["n": 8])
    log.settle(limit, .warning, "bad records, and then no more")
    log.settle(limit, .warning, "bad records, and then no more")
    #expect(captured.lines.dropFirst(4).map(\.metadata) == [["left_out": 1]])
  }

  @Test("lines below the level don't use up the rate limit")
  func limitedBelowLevel() {
    let captured = CapturedLog()
    let log = Logger(level: .warning, output: captured)
    let limit = RateLimit(time: ManualTime())
    log.limited(limit, .info, "one")
    log.limited(limit, .warning, "two")
    #expect(captured.lines.map(\.message) == ["two"])
    #expect(captured.lines.first?.metadata == [:])
  }
}

@Suite("Log lines on a descriptor")
struct StandardErrorLogTests {
  let time = ManualTime(wall: WallTime(milliseconds: 1_795_370_400_000))

  /// The lines that the log writes while `body` runs.
  private func written(isJournal: Bool = false, _ body: (Logger) -> Void) throws -> String {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { close(ends[0]) }
    body(Logger(level: .debug, output: StandardErrorLog(descriptor: ends[1], isJournal: isJournal, time: time)))
    close(ends[1])
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(ends[0], &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }

  @Test("a line has time, level, sentence and facts in their order")
  func line() throws {
    let text = try written {
      $0.warning(
        "broker is away",
        [
          "broker": "kafka-1:9092", "attempts": 3, "share": .double(0.5), "fatal": false,
          "for": .duration(.milliseconds(1050)),
          "since": .time(WallTime(milliseconds: 0)), "back": .duration(.milliseconds(-20)),
        ])
    }
    #expect(
      text == "2026-11-22T18:00:00.000Z warning broker is away broker=kafka-1:9092 attempts=3 share=0.5 fatal=false "
        + "for=1.050s since=1970-01-01T00:00:00.000Z back=-0.020s\n")
  }

  @Test("under the journal a line begins with syslog's priority, and has no time")
  func journal() throws {
    let text = try written(isJournal: true) { log in
      log.critical("a")
      log.error("b")
      log.warning("c")
      log.notice("d")
      log.info("e")
      log.debug("f")
    }
    #expect(text == "<2>a\n<3>b\n<4>c\n<5>d\n<6>e\n<7>f\n")
  }

  @Test("text that could forge a line or control a terminal is escaped")
  func escapes() throws {
    let text = try written(isJournal: true) {
      $0.info(
        "x",
        [
          "a": "two words", "b": "", "c": "l1\nl2\t\u{1B}[31m\u{7F}\u{9B}", "d": "say \"hi\" \\", "e": "grün",
          "f": "k=v", "g": "\u{202E}evil", "h": "\u{2028}",
        ])
    }
    #expect(
      text == #"<6>x a="two words" b="" c="l1\nl2\t\u{1b}[31m\u{7f}\u{9b}" d="say \"hi\" \\" e=grün f="k=v" "#
        + #"g="\u{202e}evil" h="\u{2028}""# + "\n")
  }

  @Test("a long line is cut between characters, and ends in `…`", arguments: [0, 1, 2, 3])
  func cuts(shift: Int) throws {
    for character in ["a", "ü", "€", "😀"] {
      let value = String(repeating: "x", count: shift) + String(repeating: character, count: 5000)
      let text = try written(isJournal: true) { $0.info("long", ["value": .string(value), "other": 1]) }
      #expect(text.utf8.count <= StandardErrorLog.greatestLength)
      #expect(text.utf8.count > StandardErrorLog.greatestLength - 8)
      #expect(text.hasSuffix("\(character)…\n"))
      #expect(!text.contains("\u{FFFD}"))
    }
  }

  @Test("a quoted value that is too long is cut, too")
  func cutsQuoted() throws {
    let text = try written(isJournal: true) {
      $0.info("long", ["value": .string(String(repeating: "\n", count: 9000))])
    }
    #expect(text.utf8.count <= StandardErrorLog.greatestLength)
    #expect(text.hasSuffix("…\n"))
  }

  @Test("a full non-blocking pipe doesn't block the log, and lost lines are counted")
  func countsLostLines() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { ends.forEach { _ = close($0) } }
    _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
    let filler = [UInt8](repeating: 0, count: 4096)
    while write(ends[1], filler, filler.count) > 0 {}
    let log = Logger(output: StandardErrorLog(descriptor: ends[1], isJournal: true, time: time))
    log.error("lost")
    log.error("lost, too")
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    _ = read(ends[0], &bytes, bytes.count)
    log.error("said")
    let count = read(ends[0], &bytes, bytes.count)
    #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "<3>said lines_lost=2\n")
  }

  @Test("the journal is recognized by the descriptor's device and inode")
  func recognisesTheJournal() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { ends.forEach { _ = close($0) } }
    var status = stat()
    try #require(fstat(ends[1], &status) == 0)
    #expect(StandardErrorLog.isJournal(ends[1], stream: "\(status.st_dev):\(status.st_ino)"))
    #expect(!StandardErrorLog.isJournal(ends[1], stream: "\(status.st_dev):\(status.st_ino + 1)"))
    #expect(!StandardErrorLog.isJournal(ends[1], stream: nil))
    #expect(!StandardErrorLog.isJournal(-1, stream: "1:1"))
  }
}
