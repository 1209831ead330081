import Platform
import TestSupport
import Testing

@testable import Kafka

@Suite(.waits) struct ReporterTests {
  @Test("no log line has a secret, even if librdkafka traces everything")
  func secrets() throws {
    let cluster = try cluster()
    let log = CapturedLog()
    var configuration = Configuration(
      brokers: cluster.brokers,
      properties: [("debug", "all"), ("ssl.key.password", "S3cret-2"), ("sasl.oauthbearer.config", "S3cret-3")])
    configuration.sasl = .init(mechanism: "PLAIN", username: "user", password: "S3cret-1")
    configuration.properties.append(("security.protocol", "plaintext"))
    // librdkafka repeats it in a log line, where it must not appear.
    configuration.clientID = "client-S3cret-1"
    var producer = try Producer(configuration, log: Logger(level: .debug, output: log))
    try producer.send("t", value: "x")
    let left = producer.close(by: soon())
    #expect(left == 0)
    #expect(log.lines.count > 20)
    let all = log.lines.map { "\($0.message) \($0.metadata.facts)" }.joined(separator: "\n")
    #expect(!all.contains("S3cret"))
    #expect(log.lines.contains { $0.message == "librdkafka traces" })
  }

  @Test("an unreachable broker is logged once a minute, however often the client tries")
  func rateLimit() throws {
    let log = CapturedLog()
    let wakeup = try Wakeup()
    let configuration = Configuration(
      brokers: "127.0.0.1:1", properties: [("reconnect.backoff.ms", "1"), ("reconnect.backoff.max.ms", "5")])
    var producer = try Producer(configuration, log: Logger(output: log), wakeup: wakeup)
    let deadline = soon()
    while !log.messages.contains(where: { $0.contains("refuses connections") }) {
      try keepWaiting(until: deadline)
      wakeup.wait(until: deadline)
      producer.serve()
    }
    // librdkafka itself reports the same error at most once in 30 s.
    let message =
      "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)"
    for _ in 0..<50 { producer.client.reporter.report(KafkaError(code: .transport, message: message)) }
    #expect(log.lines.filter { $0.message.contains("refuses connections") }.count == 1)
    #expect(!log.messages.contains("librdkafka says"))
  }

  @Test("the rate limit of librdkafka's own lines is shared by all clients of a configuration, even later ones")
  func bound() {
    let book = Configuration(brokers: "a:1").troubles
    let log = CapturedLog()
    let logger = Logger(output: log)
    for _ in 0..<50 { logger.limited(book.limit(ofFacility: "FATAL"), .critical, "librdkafka says") }
    logger.limited(book.limit(ofFacility: "GETPID"), .warning, "librdkafka says")
    #expect(log.lines.count == 11)
  }

  @Test("all clients of one configuration together log each broker and cause once")
  func once() throws {
    let log = CapturedLog()
    let configuration = Configuration(brokers: "127.0.0.1:1,127.0.0.1:2")
    let wakeup = try Wakeup()
    var first = try Producer(configuration, log: Logger(output: log), wakeup: wakeup)
    var second = try Producer(configuration, log: Logger(output: log), wakeup: wakeup)
    let deadline = soon()
    func said(_ broker: String) -> Int { log.lines.count { $0.metadata["broker"] == .string(broker) } }
    while said("127.0.0.1:1") == 0 || said("127.0.0.1:2") == 0 || !log.messages.contains(where: isAllDown) {
      guard SystemTime().monotonic < deadline else { break }
      wakeup.wait(until: deadline)
      first.serve()
      second.serve()
    }
    // The errors of the other client are known by now, too.
    first.serve()
    second.serve()
    #expect(said("127.0.0.1:1") == 1)
    #expect(said("127.0.0.1:2") == 1)
    #expect(log.messages.count(where: isAllDown) == 1)
  }

  private func isAllDown(_ message: String) -> Bool { message.hasPrefix("no broker is connected") }

  @Test("a log line is written without its thread prefix")
  func threads() {
    #expect(Reporter.withoutThread("[thrd:main]: text") == "text")
    #expect(Reporter.withoutThread("[thrd:ssl://[::1]:9092/1]: a]: b") == "a]: b")
    #expect(Reporter.withoutThread("[thrd:main] text") == "[thrd:main] text")
    #expect(Reporter.withoutThread("text") == "text")
  }

  @Test("other lines keep their facility and level")
  func lines() throws {
    let log = CapturedLog()
    // librdkafka warns at the start that a property has no effect.
    let configuration = Configuration(brokers: "127.0.0.1:1", properties: [("socket.blocking.max.ms", "100")])
    var producer = try Producer(configuration, log: Logger(output: log))
    producer.serve()
    let line = try #require(log.lines.first { $0.message == "librdkafka says" })
    #expect(line.level == .warning)
    #expect(line.metadata["facility"] == "CONFWARN")
  }

  @Test("librdkafka's lines about an error that an event or call also reports have only level debug")
  func repetitions() {
    let texts = [
      ("REQTMOUT", "127.0.0.1:1/1: Timed out ApiVersionRequest in flight (after 10010ms, timeout #0)"),
      ("REQTMOUT", "127.0.0.1:1/1: Timed out 1 in-flight, 0 retry-queued, 0 out-queue, 0 partially-sent requests"),
      ("ADDOFFSETS", "TxnCoordinator/1: Failed to add offsets to transaction on broker TxnCoordinator/1"),
      ("GETPID", "Failed to acquire idempotence PID from broker a:1/1: Broker: Coordinator load in progress: retrying"),
    ]
    for (facility, text) in texts { #expect(Reporter.level(facility, text, 4) == .debug, "\(text)") }
    #expect(Reporter.level("GETPID", "Failed to acquire PID: Broker: Cluster authorization failed", 4) == .warning)
    #expect(Reporter.level("CONFWARN", "Configuration property x is deprecated: No longer used.", 4) == .warning)
  }

  @Test("a property of the other kind of client gives no warning, because one configuration serves all clients")
  func otherClients() throws {
    let log = CapturedLog()
    let configuration = Configuration(
      brokers: "127.0.0.1:1",
      properties: [("fetch.min.bytes", "2"), ("fetch.wait.max.ms", "20"), ("linger.ms", "3"), ("batch.size", "9999")])
    var producer = try Producer(configuration, log: Logger(output: log))
    producer.serve()
    var consumer = try Consumer(configuration, log: Logger(output: log), wakeup: Wakeup())
    while consumer.nextEvent() != nil {}
    #expect(!log.messages.contains("librdkafka says"))
  }

  @Test(
    "the first answer after an outage logs that brokers are back and how long they were away; an earlier answer doesn't"
  )
  func lateAnswer() throws {
    let log = CapturedLog()
    let configuration = Configuration(brokers: "127.0.0.1:1")
    func reporter() -> Reporter {
      Reporter(
        log: Logger(output: log), redaction: Redaction([]), notes: ConnectionNotes(), configuration: configuration)
    }
    let (first, second) = (reporter(), reporter())
    let gone = KafkaError(code: .allBrokersDown, message: "1/1 brokers are down")
    first.report(gone)
    second.noteAnswer()
    #expect(!log.messages.contains("brokers are back"))
    second.report(gone)
    second.noteAnswer()
    first.noteAnswer()
    // One client logs it for all.
    let lines = log.lines.filter { $0.message == "brokers are back" }
    #expect(lines.count == 1)
    guard case .duration(let away)? = lines.first?.metadata["away"] else {
      Issue.record("it isn't said how long they were away")
      return
    }
    #expect(away > .zero)
  }

  @Test("an outage lasts from the first client's report to the first answer to any client")
  func outages() {
    let book = TroubleBook()
    func at(_ seconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }
    #expect(!book.wasConnected)
    #expect(book.returned(at: at(1)) == nil)
    book.noteConnection()
    #expect(book.wasConnected)
    book.lostAll(at: at(10))
    book.lostAll(at: at(12))
    #expect(book.wereBrokersAway(within: .zero, of: at(12)))
    #expect(book.returned(at: at(70)) == .seconds(60))
    #expect(book.wereBrokersAway(within: .seconds(30), of: at(99)))
    #expect(!book.wereBrokersAway(within: .seconds(30), of: at(100)))
    #expect(book.returned(at: at(71)) == nil)
  }

  @Test("broker addresses are normalized as in librdkafka")
  func addresses() {
    #expect(
      Configuration(brokers: "a, b:1,ssl://c:2,[::1]:3,[::2]").addresses
        == ["a:9092", "b:1", "c:2", "[::1]:3", "[::2]:9092"])
  }
}
