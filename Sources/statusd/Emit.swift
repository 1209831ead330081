import Arguments
import Console
import Glibc
import JSON
import Kafka
import Platform
import Records
import Settings

/// `statusd emit`: lines of standard input become monitor records.
enum Emit: Subcommand {
  private static let topic = Option.text(
    "topic", short: "t", placeholder: "TOPIC", help: "where to; by default the configuration's monitor topic",
    completion: .words(["monitor"]))
  private static let source = Option.text(
    "source", short: "s", placeholder: "NAME",
    help: "what the lines are of; also the records' key; by default the host's name")
  private static let within = Option<Duration>.duration(
    "within", short: "w", in: .zero ... .seconds(86_400),
    help: "how long to wait for delivery after the last line; by default 30s")

  /// The longest line, in bytes: well below the largest record that brokers take by default, escapes not counted.
  private static let greatestLine = 512 << 10

  static var command: Command {
    Command(
      name: "emit",
      summary: "write lines of standard input as monitor records",
      description: [
        "Each line becomes {\"timestamp\",\"source\",\"message\"}; one that is a JSON object keeps its fields, and gets "
          + "time and source only where it has none. Where brokers are away or slow, reading waits for them: nothing is "
          + "dropped, and memory stays bounded.",
        "It ends once all is delivered, or with status 75 and the count of what was not. A line over \(greatestLine) bytes "
          + "is cut, and that is said. What a broker had taken when it failed may come twice.",
      ],
      options: [Cluster.config, Cluster.brokers, topic, source, within],
      examples: [
        .init("tail -F app.log | statusd emit --source app", "watch a log"),
        .init("echo 'backup done' | statusd emit --source backup", "say one thing"),
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    // Before there is a second thread: all that come inherit what is blocked here.
    let signals = try Signals()
    return try withCluster(given) { cluster in
      let name = cluster.topic(named: given[topic] ?? "monitor")
      cluster.makeSure(ofTopic: name, .monitor)
      var sender = try Sender.make(cluster.configuration, signals: signals)
      var lines = LineSplitter(limit: greatestLine)
      send(&lines, to: name, source: given[source] ?? Surroundings.machine.hostName, &sender)
      if lines.cut > 0 {
        printError("statusd emit: \(counted(lines.cut, "line")) longer than \(greatestLine) bytes, and cut\n")
      }
      let sent = sender.sent
      return report("emit", sent: sent, sender.finish(within: given[within] ?? .seconds(30)))
    }
  }

  /// Reads standard input to its end, or to a signal.
  private static func send(
    _ lines: inout LineSplitter, to topic: String, source: String, _ sender: inout Sender
  ) {
    var writer = Writer(capacity: 4096)
    let time = SystemTime()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { buffer.deallocate() }
    func send(_ line: UnsafeRawBufferPointer) {
      writer.reset()
      var key = MonitorRecord.encode(line, source: source, at: time.wall, into: &writer)
      key.withUTF8 { key in
        writer.bytes.withUnsafeBytes { sender.send(topic: topic, key: UnsafeRawBufferPointer(key), value: $0) }
      }
    }
    while !sender.isStopped {
      guard sender.wait(forInput: STDIN_FILENO) else { continue }
      let count = read(STDIN_FILENO, buffer.baseAddress, buffer.count)
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      if count <= 0 { break }
      lines.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), send)
    }
    lines.end(send)
  }
}

/// Says what wasn't delivered; how a command that has sent records ends.
func report(_ command: String, sent: Int, _ result: (undelivered: Int, firstError: KafkaError?)) -> ExitCode {
  guard result.undelivered > 0 else { return .ok }
  let reason = result.firstError.map { " (\($0))" } ?? ""
  printError("statusd \(command): \(result.undelivered) of \(counted(sent, "record")) not delivered\(reason)\n")
  return .temporary
}

extension Cluster {
  /// Creates the topic where it is one of ours, missing, and to be created. What can't be done shows in what follows.
  func makeSure(ofTopic name: String, _ needed: Settings.Topics.Needed) {
    let policy = topics.policy(of: needed)
    guard topics.create, policy.name == name, let admin = try? Admin(configuration, log: Cluster.log) else { return }
    if let known = try? admin.describe(topic: name, within: .seconds(2)).topics.first, known.error != nil {
      _ = try? admin.create([policy], within: .seconds(5))
    }
    admin.close(by: SystemTime().monotonic + .seconds(1))
  }
}
