import Foundation
import Glibc
import Kafka
import TestSupport
import Testing

@Suite("the life of statusd run", .waits)
struct RunTests {
  /// Starts a daemon, by default on unreachable brokers, and waits until it has started.
  private func start(
    _ directory: TemporaryDirectory, brokers: String = "127.0.0.1:1", role: String = "evaluator",
    environment: [String: String?] = [:]
  ) throws -> Subprocess {
    let file = try write("", in: directory, brokers: brokers)
    let daemon = try Program.start(["run", "--config", file, "--role", role], environment: environment)
    try daemon.waitForLine(containing: " started ", on: \.errors)
    return daemon
  }

  /// Starts a daemon, and waits until its status line shows a sample.
  private func startSampling(brokers: String, role: String) throws -> Subprocess {
    let systemd = try NotifySocket()
    let daemon = try start(
      try TemporaryDirectory(), brokers: brokers, role: role,
      environment: ["NOTIFY_SOCKET": systemd.name, "WATCHDOG_USEC": "200000"])
    #expect(systemd.receive { $0.wholeMatch(of: /STATUS=[1-9][0-9]* samples.*/) != nil } != nil)
    return daemon
  }

  @discardableResult
  private func write(_ text: String, in directory: TemporaryDirectory, brokers: String = "127.0.0.1:1") throws -> String
  {
    try directory.write(
      "[kafka]\nbrokers = \"\(brokers)\"\n[topics]\npartitions = 1\n[agent]\ninterval = \"50ms\"\n" + text,
      to: "statusd.toml")
  }

  @Test("SIGTERM and SIGINT end it within 5 s, with status 0 if all is delivered", arguments: [SIGTERM, SIGINT])
  func ends(signal: Int32) throws {
    let daemon = try start(try TemporaryDirectory())
    let begin = Date()
    daemon.signal(signal)
    #expect(try daemon.waitForExit(within: 5) == .exited(0))
    #expect(Date().timeIntervalSince(begin) < 5)
    #expect(daemon.errors.text.contains("stopped, everything delivered"))
  }

  @Test("an invalid configuration ends it with status 78 and every complaint")
  func configuration() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("[kafka]\nbrokers = 1\n[agnet]\n", to: "statusd.toml")
    let (status, output, errors) = try Program.run(["run", "--config", file])
    #expect(status == .exited(78))
    #expect(output == "")
    #expect(errors.contains("statusd.toml:2:"))
    #expect(errors.contains("statusd.toml:3:"))
  }

  @Test("SIGHUP applies new rules, and refuses an invalid file with every complaint while the old one stays in effect")
  func reload() throws {
    let directory = try TemporaryDirectory()
    let daemon = try start(directory)
    let rule = "[[rule]]\nname = \"hot\"\nmetric = \"cpu_usage\"\nabove = 90\n"
    try write(rule, in: directory)
    daemon.signal(SIGHUP)
    try daemon.waitForLine(containing: "reloaded rules=1", on: \.errors)
    try write("[[rule]]\nname = \"hot\"\n[evaluator]\ngroup = 1\n", in: directory)
    daemon.signal(SIGHUP)
    try daemon.waitForLine(containing: "the old one stays in effect", on: \.errors)
    let complaints = daemon.errors.lines.filter { $0.contains("the configuration has a mistake") }
    #expect(complaints.contains { $0.contains("statusd.toml:10:") })
    #expect(complaints.count >= 2)
    try write(
      "[log]\nlevel = \"debug\"\n[evaluator]\ngroup = \"elsewhere\"\n" + rule + rule.replacing("hot", with: "hotter"),
      in: directory)
    daemon.signal(SIGHUP)
    try daemon.waitForLine(containing: "reloaded rules=2", on: \.errors)
    #expect(daemon.errors.text.contains("only after a restart keys=evaluator.group\n"))
    daemon.signal(SIGTERM)
    try daemon.waitForExit(within: 5)
  }

  @Test("a reload with invalid TOML, a very long key, a pipe for a password, or thousands of mistakes changes nothing")
  func badReloads() throws {
    let directory = try TemporaryDirectory()
    let daemon = try start(directory)
    let pipe = "\(directory.path)/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let mistakes = (0..<20_000).map { "k\($0) = 1\n" }.joined()
    for (text, complaint) in [
      ("[$x]\n", "statusd.toml:7:2: not TOML: unexpected '$'"),
      ("[\(String(repeating: "a.", count: 300_000))a]\n", "a key has too many parts"),
      ("[kafka.sasl]\npassword_file = \"\(pipe)\"\n", "the file is a pipe or a device, not a file"),
      (mistakes, "only the first 100 of 20000 complaints are shown"),
    ] {
      try write(text, in: directory)
      daemon.signal(SIGHUP)
      try daemon.waitForLine(containing: complaint, on: \.errors)
    }
    #expect(daemon.errors.lines.count { $0.contains("the configuration has a mistake") } < 110)
    daemon.signal(SIGTERM)
    #expect(try daemon.waitForExit(within: 5) == .exited(0))
  }

  @Test("systemd is told when it is ready, reloads and stops, and its watchdog is fed")
  func notifies() throws {
    let systemd = try NotifySocket()
    let directory = try TemporaryDirectory()
    let daemon = try start(directory, environment: ["NOTIFY_SOCKET": systemd.name, "WATCHDOG_USEC": "200000"])
    #expect(systemd.receive().hasPrefix("READY=1\nSTATUS="))
    #expect(systemd.receive { $0 == "WATCHDOG=1" } != nil)
    #expect(systemd.receive { $0 == "WATCHDOG=1" } != nil)
    daemon.signal(SIGHUP)
    let reloading = try #require(systemd.receive { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") })
    #expect(Int64(reloading.dropFirst("RELOADING=1\nMONOTONIC_USEC=".count)) ?? 0 > 0)
    #expect(systemd.receive { $0.hasPrefix("READY=1") } != nil)
    daemon.signal(SIGTERM)
    #expect(systemd.receive { $0.hasPrefix("STOPPING=1") } != nil)
    #expect(try daemon.waitForExit(within: 5) == .exited(0))
  }

  @Test("another process's watchdog isn't fed")
  func othersWatchdog() throws {
    let systemd = try NotifySocket()
    let daemon = try start(
      try TemporaryDirectory(),
      environment: ["NOTIFY_SOCKET": systemd.name, "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"])
    daemon.signal(SIGTERM)
    #expect(
      systemd.receive { $0.hasPrefix("STOPPING=1") || $0.hasPrefix("WATCHDOG=1") }?.hasPrefix("STOPPING=1") == true)
    #expect(try daemon.waitForExit(within: 5) == .exited(0))
  }

  @Test("samples are delivered before it ends, and the status is 0", arguments: [SIGTERM, SIGINT])
  func delivers(signal: Int32) throws {
    let cluster = try MockCluster()
    try cluster.createTopic("status_topic", partitions: 1)
    let daemon = try start(try TemporaryDirectory(), brokers: cluster.brokers, role: "agent")
    let reader = try TopicReader("status_topic", on: cluster.brokers)
    let first = try reader.next()
    #expect(try first.object["cpu_count"] != nil)
    daemon.signal(signal)
    #expect(try daemon.waitForExit(within: 5) == .exited(0))
    #expect(daemon.errors.text.contains("stopped, everything delivered"))
  }

  @Test("without a broker it keeps trying, and ends within 5 s with status 75 and the number of undelivered records")
  func brokersAway() throws {
    let daemon = try startSampling(brokers: "127.0.0.1:1", role: "agent")
    let begin = Date()
    daemon.signal(SIGTERM)
    #expect(try daemon.waitForExit(within: 10) == .exited(75))
    #expect(Date().timeIntervalSince(begin) < 5)
    #expect(daemon.errors.text.contains("stopped, records not delivered undelivered="))
  }

  @Test(
    "a broker that accepts connections but never answers doesn't delay the end",
    arguments: ["agent", "evaluator", "all"])
  func silentBroker(role: String) throws {
    let broker = try SilentBroker()
    let daemon =
      if role == "evaluator" {
        try start(try TemporaryDirectory(), brokers: broker.address, role: role)
      } else {
        try startSampling(brokers: broker.address, role: role)
      }
    let begin = Date()
    daemon.signal(SIGTERM)
    let status = try daemon.waitForExit(within: 10)
    #expect(Date().timeIntervalSince(begin) < 5)
    // An evaluator alone has nothing to deliver except statusd's own metrics.
    if role != "evaluator" { #expect(status == .exited(75)) }
  }

  @Test("a second signal ends it at once, with status 75")
  func secondSignal() throws {
    let broker = try SilentBroker()
    let daemon = try startSampling(brokers: broker.address, role: "agent")
    daemon.signal(SIGTERM)
    try daemon.waitForLine(containing: " stopping ", on: \.errors)
    let begin = Date()
    daemon.signal(SIGINT)
    #expect(try daemon.waitForExit(within: 10) == .exited(75))
    #expect(Date().timeIntervalSince(begin) < 2)
    #expect(daemon.errors.text.contains("a second signal came; ended at once"))
  }

  @Test("the start fails with status 78, the path of an unreadable /proc, and the key that sets it")
  func noProc() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(
      "[kafka]\nbrokers = \"127.0.0.1:1\"\n[agent]\nprocfs = \"\(directory.path)\"\n", to: "statusd.toml")
    let (status, _, errors) = try Program.run(["run", "--config", file, "--role", "agent"])
    #expect(status == .exited(78))
    #expect(errors.contains("can't start reason=\"\(directory.path)/stat: No such file or directory\""), "\(errors)")
    #expect(errors.contains("remedy=\"set agent.procfs to"), "\(errors)")
  }

  @Test("the status line shows the number of samples")
  func statusLine() throws {
    let cluster = try MockCluster()
    try cluster.createTopic("status_topic", partitions: 1)
    let systemd = try NotifySocket()
    let daemon = try start(
      try TemporaryDirectory(), brokers: cluster.brokers, role: "agent",
      environment: ["NOTIFY_SOCKET": systemd.name, "WATCHDOG_USEC": "400000"])
    #expect(systemd.receive { $0.wholeMatch(of: /STATUS=[1-9][0-9]* samples.*/) != nil } != nil)
    daemon.signal(SIGTERM)
    #expect(try daemon.waitForExit(within: 5) == .exited(0))
  }
}

/// Accepts connections and never answers.
private final class SilentBroker {
  let address: String
  private let descriptor: Int32

  init() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    self.descriptor = descriptor
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isUp = withUnsafeMutableBytes(of: &name) { bytes in
      guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
      return bind(descriptor, base, size) == 0 && listen(descriptor, 64) == 0
        && getsockname(descriptor, base, &size) == 0
    }
    try #require(isUp)
    address = "127.0.0.1:\(UInt16(bigEndian: name.sin_port))"
  }

  deinit { close(descriptor) }
}
