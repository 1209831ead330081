import Foundation
import JSON
import Kafka
import Platform
import Records
import TestSupport
import Testing

/// The files of docs/integrations, and the commands of docs/integrations.md, run as they are: only addresses and places
/// below /tmp are others.
@Suite("docs/integrations.md", .waits)
struct IntegrationsTests {
  private static let folder = packageRoot + "/docs/integrations/"

  private static func text() throws -> String {
    try String(contentsOfFile: packageRoot + "/docs/integrations.md", encoding: .utf8)
  }

  @Test(
    "the text shows the files as they are",
    arguments: [
      "connect-worker.properties", "alerts-sink.properties", "producer.py", "hello.toml",
    ])
  func shown(_ name: String) throws {
    let file = try String(contentsOfFile: Self.folder + name, encoding: .utf8)
    let lines = file.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    let block = lines.map { $0.isEmpty ? "" : "    " + $0 }.joined(separator: "\n")
    #expect(try Self.text().contains("\n\n\(block)\n\n"))
  }

  // MARK: Files and commands

  /// A file of docs/integrations with each of `changes` made; each must have something to change.
  private func file(_ name: String, _ changes: [(old: String, new: String)]) throws -> String {
    try changed(String(contentsOfFile: Self.folder + name, encoding: .utf8), changes)
  }

  private func changed(_ text: String, _ changes: [(old: String, new: String)]) throws -> String {
    try changes.reduce(text) { text, change in
      try #require(text.contains(change.old), "nothing to change: \(change.old)")
      return text.replacingOccurrences(of: change.old, with: change.new)
    }
  }

  /// The one command of the text that begins with `words`.
  private func command(_ words: String, _ changes: [(old: String, new: String)]) throws -> String {
    let lines = try Self.text().split(separator: "\n").filter { $0.hasPrefix("    " + words) }
    try #require(lines.count == 1, "\(lines.count) commands begin with \(words)")
    return try changed(String(lines[0].dropFirst(4)), changes)
  }

  private func shell(_ command: String, in directory: String? = nil) throws -> Subprocess {
    let folder = URL(fileURLWithPath: Program.path).deletingLastPathComponent().path
    let path = "\(folder):\(environment("PATH") ?? "/usr/bin:/bin")"
    return try Subprocess("/bin/bash", ["-c", command], environment: ["PATH": path], directory: directory)
  }

  // MARK: Readers of `alerts`

  private func transition(_ rule: String, _ status: Transition.Status) -> Transition {
    Transition(
      timestamp: WallTime(milliseconds: 1_795_176_003_500), status: status, severity: .critical, rule: rule,
      subject: "web-1", metric: "cpu_usage", value: 97.1, threshold: 95,
      since: WallTime(milliseconds: 1_795_176_000_000), previous: status == .firing ? .inactive : .firing,
      source: SourcePosition(topic: "status_topic", partition: 0, offset: 18231))
  }

  /// Writes transitions in a transaction; returns their texts.
  @discardableResult
  private func write(
    _ transitions: [Transition], _ producer: inout TransactionalProducer, _ wakeup: Wakeup, commits: Bool
  ) throws -> [String] {
    try producer.begin()
    var texts: [String] = []
    for transition in transitions {
      var writer = Writer()
      transition.encode(into: &writer)
      texts.append(String(decoding: writer.bytes, as: UTF8.self))
      let key = Array(transition.key.utf8)
      let produced = try key.withUnsafeBytes { key in
        try writer.bytes.withUnsafeBytes { try producer.produce(topic: "alerts", partition: 0, key: key, value: $0) }
      }
      #expect(produced == .accepted)
    }
    try producer.serveUntilAcknowledged(wakeup)
    if commits { try producer.commit(within: .seconds(30)) } else { try producer.abort(within: .seconds(30)) }
    return texts
  }

  @Test(
    "a Connect sink, a Java reader and Kafka's console show each committed transition, and none of an aborted transaction",
    .needsKafka,
    .enabled(if: KafkaVersion.newest.connectFile != nil, "no connect-file jar in the newest Apache Kafka here"))
  func readers() throws {
    let home = try #require(KafkaVersion.newest.home)
    let jar = try #require(KafkaVersion.newest.connectFile)
    let cluster = try TestCluster.own()
    try cluster.createTopic("alerts", configuration: [("message.timestamp.type", "LogAppendTime")])
    let wakeup = try Wakeup()
    var producer = try TransactionalProducer(
      Configuration(brokers: cluster.brokers), options: .init(id: uniqueName("id")), log: silent, wakeup: wakeup)
    try producer.initialize(within: .seconds(60))
    try write([transition("aborted", .firing)], &producer, wakeup, commits: false)
    let begun = try write([transition("cpu-high", .firing)], &producer, wakeup, commits: true)

    let directory = try TemporaryDirectory()
    let address = (old: "localhost:9092", new: cluster.brokers)
    let here = (old: "/tmp/", new: directory.path + "/")
    let worker = try file(
      "connect-worker.properties",
      [address, here, ("libs/connect-file-4.3.1.jar", jar), ("http://127.0.0.1:8083", "http://127.0.0.1:0")])
    let sink = try file("alerts-sink.properties", [here])
    let connect = try shell(
      "exec "
        + command(
          "bin/connect-standalone",
          [
            ("connect-worker.properties", try directory.write(worker, to: "worker.properties")),
            ("alerts-sink.properties", try directory.write(sink, to: "sink.properties")),
          ]), in: home)
    let reader = try shell(
      "exec " + command("java -cp", [address, ("Reader.java", Self.folder + "Reader.java")]), in: home)

    let firing = "firing critical cpu-high web-1: cpu_usage is 97.1, limit 95.0, since 2026-11-20T12:00:00.000Z"
    #expect(try reader.waitForLine(within: 120) { _ in true } == firing, "\(reader.errors.text.suffix(2000))")
    let written = try Subprocess("/usr/bin/tail", ["-n", "+1", "-F", directory.path + "/alerts.jsonl"])
    let drained = try waitForLines(1, of: written, by: connect)
    #expect(drained == begun)

    let ended = try write([transition("cpu-high", .resolved)], &producer, wakeup, commits: true)
    try write([transition("aborted", .resolved)], &producer, wakeup, commits: false)
    producer.close(by: SystemTime().monotonic + .seconds(10))
    try reader.waitForLine(containing: "resolved critical cpu-high web-1", within: 60)
    #expect(try waitForLines(2, of: written, by: connect) == begun + ended)
    #expect(!reader.output.text.contains("aborted"))

    let console = try shell(
      command("bin/kafka-console-consumer", [address]) + " --max-messages 2 --timeout-ms 60000", in: home)
    #expect(try console.waitForExit(within: 120) == .exited(0), "\(console.errors.text.suffix(2000))")
    // Kafka 4 also prints that --property has a new name.
    let shown = console.output.lines.filter { $0.contains("\t") }
    #expect(shown == (begun + ended).map { "cpu-high/web-1\t\($0)" })

    // Without read_committed the others are there, too.
    let all = try TopicReader("alerts", on: cluster.brokers, readsCommitted: false)
    let keys = try (0..<4).map { _ in try all.next().key }
    #expect(keys == ["aborted/web-1", "cpu-high/web-1", "cpu-high/web-1", "aborted/web-1"])
    let schema = try JSONSchema.file("transition")
    for record in drained { #expect(schema.problems(of: record) == []) }
    if let kcat = try kcat(cluster.brokers) { #expect(kcat == (begun + ended).map { "cpu-high/web-1  \($0)" }) }
  }

  /// What the text's command of kcat shows up to the end of the topic; nil if kcat isn't installed.
  private func kcat(_ brokers: String) throws -> [String]? {
    guard try shell("command -v kcat").waitForExit(within: 10) == .exited(0) else { return nil }
    let child = try shell(command("kcat -b", [("localhost:9092", brokers)]) + " -e -q")
    #expect(try child.waitForExit(within: 60) == .exited(0), "\(child.errors.text.suffix(2000))")
    return child.output.lines
  }

  /// The lines of a file, which `tail` follows, once there are so many, or more.
  private func waitForLines(_ count: Int, of tail: Subprocess, by writer: Subprocess) throws -> [String] {
    guard tail.output.waitForLines(count, within: 120) else {
      throw Subprocess.TookTooLong(description: "fewer than \(count) lines\n\(writer.errors.text.suffix(4000))")
    }
    return tail.output.lines
  }

  // MARK: Producers, and a stream that watches them

  /// What producer.py sends; with kafka-python, if it is installed, and else the same bytes without it.
  private func greet(_ cluster: TestCluster) throws {
    let hasLibrary = try shell("python3 -c 'import kafka'").waitForExit(within: 60) == .exited(0)
    if hasLibrary {
      let child = try shell("python3 \(Self.folder)producer.py \(cluster.brokers)")
      #expect(try child.waitForExit(within: 60) == .exited(0), "\(child.errors.text.suffix(2000))")
    } else {
      let writer = try TopicWriter(on: cluster.brokers)
      try writer.write(greeting, to: "monitor_topic")
      try writer.flush()
    }
  }

  private let greeting = #"{"timestamp": "2022-01-01 00:00:00", "message": "Hello, World!"}"#

  @Test("a stream watches the tutorial's producer and a shell's, and an alert fires while both are silent", .needsKafka)
  func producers() throws {
    let code = try String(contentsOfFile: Self.folder + "producer.py", encoding: .utf8)
    #expect(code.contains("producer.send(\"monitor_topic\", \(greeting))"))
    let cluster = try TestCluster.own()
    let address = (old: "localhost:9092", new: cluster.brokers)
    let directory = try TemporaryDirectory()
    let configuration = try directory.write(file("hello.toml", [address]), to: "hello.toml")
    try cluster.createTopic("monitor_topic", configuration: [("message.timestamp.type", "LogAppendTime")])
    let daemon = try shell("exec " + command("statusd run", [("hello.toml", configuration)]))
    try daemon.waitForLine(containing: "a stream is metered for the first time", on: \.errors, within: 120)

    try greet(cluster)
    let emit = try shell(command("echo 'backup done'", [address]))
    #expect(try emit.waitForExit(within: 60) == .exited(0), "\(emit.errors.text.suffix(2000))")
    let monitor = try TopicReader("monitor_topic", on: cluster.brokers)
    let (first, second) = try (monitor.next(), monitor.next())
    #expect(first.key == nil)
    #expect(first.value == greeting)
    #expect(second.key == "backup")
    let emitted = try #require(second.value)
    #expect(try JSONSchema.file("monitor-record").definition("message").problems(of: emitted) == [])

    let schema = try JSONSchema.file("reading")
    let readings = try TopicReader("statusd-readings", on: cluster.brokers)
    var (records, greetings, isSelfSeen) = (0.0, 0.0, false)
    while records < 2 || !isSelfSeen {
      let text = try #require(try readings.next(within: 60).value)
      #expect(schema.problems(of: text) == [])
      let reading = try JSONValue(parsing: text)
      if reading["kind"] == .string("self") { isSelfSeen = true }
      guard reading["host"] == .string("hello") else { continue }
      records += reading["records"]?.double ?? 0
      greetings += reading["greetings"]?.double ?? 0
    }
    #expect(records == 2)
    #expect(greetings == 1)

    let alerts = try TopicReader("alerts", on: cluster.brokers)
    let fired = try alerts.next(within: 60)
    #expect(fired.key == "hello-silent/hello")
    #expect(try fired.object["summary"] as? String == "hello has had no record for \(shown(fired)) s")
    try greet(cluster)
    let resolved = try alerts.next(within: 60) { try $0.object["status"] as? String == "resolved" }
    let transitions = try JSONSchema.file("transition")
    for record in [fired, resolved] { #expect(transitions.problems(of: try #require(record.value)) == []) }
    let sample = try #require(try TopicReader("status_topic", on: cluster.brokers).next(within: 60).value)
    #expect(try JSONSchema.file("status-record").problems(of: sample) == [])
    try daemon.endWell()
  }

  /// The value of a transition as its summary shows it.
  private func shown(_ record: Record) throws -> String {
    let value = try #require(record.object["value"] as? Double)
    return value == value.rounded() ? String(Int(value)) : String(value)
  }
}

extension KafkaVersion {
  /// The jar with Connect's file connectors; nil if this version hasn't got it here.
  fileprivate var connectFile: String? {
    guard let libraries = home.map({ $0 + "/libs" }) else { return nil }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: libraries)) ?? []
    return names.first { $0.hasPrefix("connect-file-") && $0.hasSuffix(".jar") }.map { "\(libraries)/\($0)" }
  }
}
