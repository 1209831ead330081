import Foundation
import TestSupport
import Testing

/// `Fixtures/mail-server.py`, a real mail server with the library aiosmtpd.
final class MailServerProcess {
  /// Whether Debian's python3-aiosmtpd is installed.
  static let isInstalled = FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/aiosmtpd")

  struct Mail: Decodable {
    var from: String
    var to: [String]
    var greeting: String
    var tls: Bool
    var user: String?
    var raw: Data
    var names: [String]
    var headers: [String: String]
    var body: String
  }

  let port: String
  private let child: Subprocess

  init(_ options: [String: Any] = [:]) throws {
    let script = "\(packageRoot)/Tests/ReceiversTests/Fixtures/mail-server.py"
    let json = String(decoding: try JSONSerialization.data(withJSONObject: options), as: UTF8.self)
    child = try Subprocess("/usr/bin/python3", [script, json])
    port = try child.waitForLine { _ in true }
  }

  /// The mails so far; waits until there are as many as said. The server prints a mail before it accepts it.
  func mails(_ count: Int) throws -> [Mail] {
    if count > 0 { try child.waitForLine(skipping: count) { _ in true } }
    return try child.output.text.split(separator: "\n").dropFirst().map {
      try JSONDecoder().decode(Mail.self, from: Data($0.utf8))
    }
  }
}
