import Platform
import TestSupport
import Testing

@testable import Kafka

/// Log lines of failed TLS handshakes, with a server that speaks only TLS.
@Suite(.waits) struct TLSTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  private func openssl(_ arguments: [String]) throws {
    let child = try Subprocess("/usr/bin/env", ["openssl"] + arguments, directory: folder.path)
    let status = try child.waitForExit()
    try #require(status == .exited(0), "\(child.errors.text)")
  }

  /// Makes `NAME.crt` and `NAME.key`, self-signed, for this subjectAltName.
  private func certificate(_ name: String, for names: String, isExpired: Bool = false) throws {
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "\(name).key"]
    guard isExpired else {
      return try openssl(
        ["req", "-x509"] + key + ["-subj", "/CN=\(name)", "-days", "2", "-addext", "subjectAltName=\(names)"]
          + ["-out", "\(name).crt"])
    }
    try folder.write(
      """
      [ca]
      default_ca = all
      [all]
      database = index.txt
      serial = serial
      new_certs_dir = .
      default_md = sha256
      policy = any
      x509_extensions = extensions
      [any]
      commonName = supplied
      [extensions]
      subjectAltName = \(names)
      basicConstraints = CA:TRUE
      """, to: "ca.conf")
    try folder.write("", to: "index.txt")
    try folder.write("01\n", to: "serial")
    try openssl(["req", "-new"] + key + ["-subj", "/CN=\(name)", "-out", "\(name).csr"])
    try openssl([
      "ca", "-batch", "-config", "ca.conf", "-selfsign", "-keyfile", "\(name).key", "-in", "\(name).csr", "-startdate",
      "20200101000000Z", "-enddate", "20200102000000Z", "-out", "\(name).crt",
    ])
  }

  /// The log line with `text` of a producer that trusts `trusted`, for a server with the certificate `served`.
  private func line(
    _ text: String, served: String, trusted: String
  ) throws -> CapturedLog.Line {
    let server = try Subprocess(
      "/usr/bin/env",
      ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "\(served).crt", "-key", "\(served).key"],
      directory: folder.path)
    let ready = try server.waitForLine(containing: "ACCEPT")
    let port = try #require(ready.split(separator: ":").last)
    var configuration = Configuration(brokers: "127.0.0.1:\(port)", properties: [("broker.address.family", "v4")])
    configuration.tls = .init(caFile: folder.path + "/\(trusted).crt")
    let log = CapturedLog()
    let wakeup = try Wakeup()
    var producer = try Producer(configuration, log: Logger(output: log), wakeup: wakeup)
    let deadline = soon()
    var found: CapturedLog.Line?
    while found == nil, SystemTime().monotonic < deadline {
      wakeup.wait(until: deadline)
      producer.serve()
      found = log.lines.first { $0.message.contains(text) }
    }
    let line = try #require(found, "\(log.lines)")
    #expect(line.level == .error)
    #expect(line.metadata["broker"] == .string("127.0.0.1:\(port)"))
    return line
  }

  @Test("a certificate of an untrusted authority is reported as such")
  func wrongAuthority() throws {
    try certificate("broker", for: "IP:127.0.0.1")
    try certificate("other", for: "IP:127.0.0.1")
    _ = try line("authority that is not trusted", served: "broker", trusted: "other")
  }

  @Test("a certificate for other names is reported with these names")
  func otherName() throws {
    try certificate("broker", for: "DNS:kafka-1.example.com,IP:192.0.2.7")
    let line = try line("for other names", served: "broker", trusted: "broker")
    #expect(line.metadata["certificate_is_for"] == "kafka-1.example.com, 192.0.2.7")
  }

  @Test("an expired certificate is reported as such")
  func expired() throws {
    try certificate("broker", for: "IP:127.0.0.1", isExpired: true)
    _ = try line("has expired", served: "broker", trusted: "broker")
  }
}
