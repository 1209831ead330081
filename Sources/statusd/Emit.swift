import Arguments
import Console
import Glibc
import JSON
import Kafka
import Platform
import Programs
import Records
import Settings
import Topics

/// `statusd emit`: sends lines of standard input as monitor records.
enum Emit: Subcommand {
  private static let topic = Option.text(
    "topic", short: "t", placeholder: "TOPIC", help: "the topic; by default the configuration's monitor topic",
    completion: .words(["monitor"]))
  private static let source = Option<String>(
    "source", short: "s", placeholder: "NAME",
    help: "the source of the lines, and the key of the records; by default the host's name"
  ) { text throws(ValueError) in
    guard (1...RecordReader.maxSubject).contains(text.utf8.count) else {
      throw ValueError("must have 1 to \(RecordReader.maxSubject) bytes")
    }
    return text
  }
  private static let within = Option<Duration>.duration(
    "within", short: "w", in: .zero ... .seconds(86_400),
    help: "how long to wait for delivery after the last line; by default 30s")

  /// The maximum size of a record, in bytes, unless the topic accepts less: well below the brokers' default limit.
  private static let greatestRecord = 512 << 10

  static var command: Command {
    Command(
      name: "emit",
      summary: "write lines of standard input as monitor records",
      description: [
        "Each line becomes {\"timestamp\",\"source\",\"message\"}. A line that is a JSON object keeps its fields, and "
          + "gets time and source only if it has none. If brokers are unreachable or slow, reading waits for them: "
          + "nothing is dropped, and memory stays bounded.",
        "A record has at most \(greatestRecord) bytes, or fewer if the topic accepts less; a line that is too long is "
          + "cut. NUL bytes are left out: a log that was truncated in place begins with them. A line that is cut or "
          + "refused by brokers is reported at once, with its number.",
        "The command ends when everything is delivered, or with the number of undelivered records: with status 65 if "
          + "brokers refuse the records themselves, else with 75. Records that a broker had taken when it failed may "
          + "come twice.",
      ],
      options: [Cluster.config, Cluster.brokers, topic, source, within],
      examples: [
        .init("tail -F app.log | statusd emit --source app", "watch a log"),
        .init("echo 'backup done' | statusd emit --source backup", "send one message"),
      ])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    // Before a second thread starts: all threads inherit the signals blocked here.
    let signals = try Signals()
    return try withCluster(given) { cluster in
      let name = cluster.topic(named: given[topic] ?? "monitor")
      let limit = cluster.topics.makeSure(of: name, for: .monitor, cluster.configuration, log: Cluster.log)
      let refused = RateLimit(5, per: .seconds(60))
      let plan = Sender.Plan(cluster.configuration, topics: [name], recordLimit: limit)
      var sender = try Sender.make(plan, signals: signals, log: Cluster.log) { number, error in
        Cluster.log.limited(
          refused, .error, "a line was not delivered", ["line": .int(number), "reason": .string("\(error)")])
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

  /// Reads and sends the lines of standard input.
  private struct Lines {
    private var source: String
    /// Whether the source is the machine's name, and the machine has none yet.
    private var isNameless: Bool
    private let limit: Int
    private var splitter: LineSplitter
    private var writer = Writer(capacity: 4096)
    private let time = SystemTime()
    private let said = RateLimit(5, per: .seconds(60))
    /// The number of lines that were cut.
    private var cut = 0

    /// - Parameter source: nil: the machine's name.
    init(source: String?, limit: Int) {
      self.source = source ?? Surroundings.machine.hostName
      isNameless = source == nil && Surroundings.isPlaceholder(self.source)
      self.limit = limit
      // A line of this length makes a longer record than allowed; the record's encoder cuts it to the exact size.
      splitter = LineSplitter(limit: limit, leavesOutNUL: true)
    }

    /// Reads standard input to its end, until a signal, or until an error.
    ///
    /// - Returns: the error; nil if there was none.
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
        said, .warning, "a line is too long for a record and was cut",
        ["line": .int(sender.sent), "greatest_record": .int(limit)])
    }

    /// Prints how much was cut and left out in total.
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

/// Prints how many records weren't delivered. Returns the exit code of a command that has sent records.
func report(_ command: String, sent: Int, _ result: Sender.Outcome) -> ExitCode {
  guard result.undelivered > 0 else { return .ok }
  let reason = result.firstError.map { " (\($0))" } ?? ""
  printError("statusd \(command): \(result.undelivered) of \(counted(sent, "record")) not delivered\(reason)\n")
  return result.refused == result.undelivered ? .data : .temporary
}
