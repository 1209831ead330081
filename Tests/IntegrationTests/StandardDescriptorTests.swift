import Foundation
import TestSupport
import Testing

/// Commands whose standard input, output or error is closed, full, or read by nobody.
@Suite("standard descriptors", .waits)
struct StandardDescriptorTests {
  /// Runs a shell line in which `statusd` is the program.
  private func shell(_ line: String, _ arguments: String...) throws -> Subprocess {
    try Subprocess("/bin/sh", ["-c", "statusd() { \"$0\" \"$@\"; }; \(line)", Program.path] + arguments)
  }

  private let configuration = "kafka.brokers = \"127.0.0.1:1\"\n\(Site.rule)"
  private let recorded =
    (0..<4).map { second in
      #"{"key":"web-1","timestamp":\#(1_795_370_400_000 + second * 1000),"value":{"host":"web-1","level":99}}"#
    }.joined(separator: "\n") + "\n"

  @Test(
    "a full disk under standard output is reported, with status 74",
    arguments: [
      "statusd --help > /dev/full", "statusd help --man > /dev/full", "statusd version > /dev/full",
      "statusd check --config \"$1\" > /dev/full", "statusd check --config \"$1\" --print > /dev/full",
      "statusd test \"$2\" > /dev/full", "statusd backtest --config \"$1\" --from-file \"$3\" > /dev/full",
      "statusd backtest --config \"$1\" --from-file \"$3\" --format json > /dev/full",
    ])
  func full(_ line: String) throws {
    let directory = try TemporaryDirectory()
    let child = try shell(
      line, try directory.write(configuration, to: "statusd.toml"),
      try directory.write(
        """
        \(Site.rule)
        [[test]]
        name = "nothing comes"
        interval = "1s"
        [[test.series]]
        host = "web-1"
        values = { level = "1 2" }
        """, to: "tests.toml"), try directory.write(recorded, to: "records.jsonl"))
    #expect(try child.waitForExit() == .exited(74))
    #expect(child.errors.text.contains("standard output can't be written: No space left on device"))
  }

  @Test("tail and alerts report a full disk, with status 74")
  func fullTopic() throws {
    let site = try Site(.mock)
    site.extra["topics"] = "alerts_current = \"\(site.current)\""
    try site.cluster.createTopic(site.current)
    let file = try site.configure()
    let alerts = try shell("statusd alerts --config \"$1\" > /dev/full", file)
    #expect(try alerts.waitForExit() == .exited(74))
    #expect(alerts.errors.text.contains("No space left on device"))
    let writer = try site.writer()
    try writer.write("{}", to: site.status)
    try writer.flush()
    let tail = try shell("statusd tail --config \"$1\" --topic status --since beginning > /dev/full", file)
    #expect(try tail.waitForExit() == .exited(74))
    #expect(tail.errors.text.contains("No space left on device"))
  }

  @Test(
    "a file size limit is an ordinary error, and no signal kills the process",
    .enabled(if: environment("STATUSD_SANITIZER") != "thread", "ThreadSanitizer itself makes files grow at its start"))
  func fileLimit() throws {
    let directory = try TemporaryDirectory()
    let child = try shell("ulimit -f 0; statusd --help > \"$1\"", directory.path + "/help")
    #expect(try child.waitForExit() == .exited(74))
    #expect(child.errors.text.contains("File too large"))
  }

  @Test(
    "a closed standard output is reported at once, with status 74",
    arguments: ["statusd version >&-", "statusd tail --brokers 127.0.0.1:1 >&-", "statusd demo >&-"])
  func closedOutput(_ line: String) throws {
    let child = try shell(line)
    #expect(try child.waitForExit() == .exited(74))
    #expect(child.errors.text.contains("standard output can't be written: Bad file descriptor"))
  }

  @Test(
    "an unreadable standard input is reported and ends emit at once, with status 74",
    arguments: [("<&-", "Bad file descriptor"), ("< /", "Is a directory"), ("<&- >&- 2>&3", "Bad file descriptor")])
  func closedInput(_ redirection: String, _ reason: String) throws {
    let child = try shell("exec 3>&2; statusd emit --brokers 127.0.0.1:1 --topic t \(redirection)")
    #expect(try child.waitForExit() == .exited(74))
    #expect(child.errors.text.hasSuffix("statusd emit: standard input can't be read: \(reason)\n"))
  }

  @Test("a service without standard descriptors works, and opens nothing else under their numbers")
  func closedAll() throws {
    let site = try Site(.mock)
    try site.configure()
    let service = try Subprocess(
      "/bin/sh", ["-c", "exec \"$0\" run --role agent --config \"$1\" <&- >&- 2>&-", Program.path, site.file])
    let reader = try TopicReader(site.status, on: site.cluster.brokers)
    _ = try reader.next()
    for descriptor in 0...2 {
      let path = "/proc/\(service.processIdentifier)/fd/\(descriptor)"
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == "/")
    }
    service.signal(SIGTERM)
    #expect(try service.waitForExit(within: 20) == .exited(0))
  }

  @Test("tail ends with status 0 when its reader ends, without waiting for another record")
  func readerOfTail() throws {
    let cluster = try TestCluster.open(.mock)
    let topic = try cluster.createTopic()
    let writer = try TopicWriter(on: cluster.brokers)
    try writer.write("{\"number\":1}", to: topic)
    try writer.flush()
    let child = try shell(
      "{ statusd tail --brokers \"$1\" --topic \"$2\" --since beginning --format json; echo $? >&2; } | head -n 1",
      cluster.brokers, topic)
    #expect(try child.waitForExit() == .exited(0))
    #expect(child.output.text == "{\"number\":1}\n")
    #expect(child.errors.lines.last == "0")
  }

  @Test(
    "a command that waits for brokers or records ends with status 0 when its reader ends",
    arguments: ["tail --brokers 127.0.0.1:1", "backtest --config \"$1\"", "demo --exit-after 1h"])
  func readerOfWaiting(_ command: String) throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(configuration, to: "statusd.toml")
    let child = try shell("{ statusd \(command); echo $? >&2; } | true", file)
    #expect(try child.waitForExit() == .exited(0))
    #expect(child.errors.lines.last == "0")
  }

  @Test("backtest ends with status 0 when its reader ends, without waiting for another line")
  func readerOfBacktest() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(configuration, to: "statusd.toml")
    let child = try shell(
      "{ statusd backtest --config \"$1\" --from-file - --format json; echo $? >&2; } | head -n 1", file)
    try child.write(recorded)
    #expect(try child.waitForExit() == .exited(0))
    #expect(child.output.lines.count == 1)
    #expect(child.errors.lines.last == "0")
  }
}
