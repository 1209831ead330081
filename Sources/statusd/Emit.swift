import Arguments
import Console
import Glibc
import JSON
import Kafka
import Platform
import Records
import Settings
import Topics

/// `statusd emit`: lines of standard input become monitor records.
enum Emit: Subcommand {
  private static let topic = Option.text(
    "topic", short: "t", placeholder: "TOPIC", help: "where to; by default the configuration's monitor topic",
    completion: .words(["monitor"]))
  private static let source = Option<String>(
    "source", short: "s", placeholder: "NAME",
    help: "what the lines are of; also the records' key; by default the host's name"
  ) { text throws(ValueError) in
    guard (1...RecordReader.maxSubject).contains(text.utf8.count) else {
      throw ValueError("has not 1 to \(RecordReader.maxSubject) bytes")
    }
    return text
  }
  private static let within = Option<Duration>.duration(
    "within", short: "w", in: .zero ... .seconds(86_400),
    help: "how long to wait for delivery after the last line; by default 30s")

  /// The longest record, in bytes, unless the topic takes less: well below what brokers take by default.
  private static let greatestRecord = 512 << 10

  static var command: Command {
    Command(
      name: "emit",
      summary: "write lines of standard input as monitor records",
      description: [
        "Each line becomes {\"timestamp\",\"source\",\"message\"}; one that is a JSON object keeps its fields, and gets "
          + "time and source only where it has none. Where brokers are away or slow, reading waits for them: nothing is "
          + "dropped, and memory stays bounded.",
        "A record has \(greatestRecord) bytes at most, or what the topic takes; a line that makes a longer one is cut. NUL "
          + "bytes are left out: a log that was truncated in place begins with a hole of them. A line that is cut, and one "
          + "that brokers refuse, are said at once, with their number.",
        "It ends once all is delivered, or with the count of what was not: with status 65 where brokers refuse all of that "
          + "for what it is, else with 75. What a broker had taken when it failed may come twice.",
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
      let limit = cluster.topics.makeSure(of: name, for: .monitor, cluster.configuration, log: Cluster.log)
      let refused = RateLimit(5, per: .seconds(60))
      let plan = Sender.Plan(cluster.configuration, topics: [name], recordLimit: limit)
      var sender = try Sender.make(plan, signals: signals, log: Cluster.log) { number, error in
        Cluster.log.limited(
          refused, .error, "a line isn't delivered", ["line": .int(number), "reason": .string("\(error)")])
      }
      var lines = Lines(
        source: given[source],
        limit: min(greatestRecord, limit ?? greatestRecord))
      let problem = lines.read(&sender)
      let sent = sender.sent
      let code = report("emit", sent: sent, sender.finish(within: given[within] ?? .seconds(30)))
      lines.end()
      guard let problem else { return code }
      printError("statusd emit: standard input can't be read: \(SystemError.text(of: problem.code))\n")
      return code == .ok ? .inputOutput : code
    }
  }

  /// The lines of standard input on their way.
  private struct Lines {
    private var source: String
    /// Whether that is the machine's name, and none that was given to it yet.
    private var isNameless: Bool
    private let limit: Int
    private var splitter: LineSplitter
    private var writer = Writer(capacity: 4096)
    private let time = SystemTime()
    private let said = RateLimit(5, per: .seconds(60))
    /// How many lines their records don't hold all of.
    private var cut = 0

    /// - Parameter source: nil: the machine's name.
    init(source: String?, limit: Int) {
      self.source = source ?? Surroundings.machine.hostName
      isNameless = source == nil && Surroundings.isPlaceholder(self.source)
      self.limit = limit
      // A line of this length is longer than its record may be: what it is cut to is the record's business.
      splitter = LineSplitter(limit: limit, leavesOutNUL: true)
    }

    /// Reads standard input to its end, to a signal, or to where it can't be read.
    ///
    /// - Returns: why it can't be read; nil: it could.
    mutating func read(_ sender: inout Sender) -> SystemError? {
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
      defer { buffer.deallocate() }
      var splitter = splitter
      defer { self.splitter = splitter }
      var problem: SystemError?
      while !sender.isStopped {
        guard sender.wait(forInput: STDIN_FILENO) else { continue }
        let count = Glibc.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
        if count < 0, errno == EINTR || errno == EAGAIN { continue }
        if count < 0 { problem = SystemError(call: "read") }
        if count <= 0 { break }
        splitter.take(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { send($0, &sender) }
      }
      splitter.end { send($0, &sender) }
      return problem
    }

    private mutating func send(_ line: UnsafeRawBufferPointer, _ sender: inout Sender) {
      writer.reset()
      if isNameless {
        source = Surroundings.machine.hostName
        isNameless = Surroundings.isPlaceholder(source)
      }
      var encoded = MonitorRecord.encode(line, source: source, at: time.wall, limit: limit, into: &writer)
      encoded.key.withUTF8 { key in
        writer.bytes.withUnsafeBytes { sender.send(key: UnsafeRawBufferPointer(key), value: $0) }
      }
      guard encoded.isCut else { return }
      cut += 1
      Cluster.log.limited(
        said, .warning, "a line is too long for a record, and cut",
        ["line": .int(sender.sent), "greatest_record": .int(limit)])
    }

    /// Says what was left out altogether.
    func end() {
      if cut > 0 {
        printError("statusd emit: \(counted(cut, "line")) cut to records of \(limit) bytes\n")
      }
      if splitter.nulCount > 0 {
        printError("statusd emit: \(counted(splitter.nulCount, "NUL byte")) left out\n")
      }
    }
  }
}

/// Says what wasn't delivered; how a command that has sent records ends.
func report(_ command: String, sent: Int, _ result: Sender.Outcome) -> ExitCode {
  guard result.undelivered > 0 else { return .ok }
  let reason = result.firstError.map { " (\($0))" } ?? ""
  printError("statusd \(command): \(result.undelivered) of \(counted(sent, "record")) not delivered\(reason)\n")
  return result.refused == result.undelivered ? .data : .temporary
}
