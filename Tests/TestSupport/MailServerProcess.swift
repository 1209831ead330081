import Foundation

/// `Fixtures/mail-server.py`, a real mail server with the library aiosmtpd.
public final class MailServerProcess {
  /// Whether Debian's python3-aiosmtpd is installed.
  public static let isInstalled = FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/aiosmtpd")

  /// A mail that it took.
  public struct Mail: Decodable {
    /// The sender.
    public var from: String
    /// The recipients.
    public var to: [String]
    /// What the client called itself.
    public var greeting: String
    /// Whether it came through TLS.
    public var tls: Bool
    /// The user who logged in; nil for nobody.
    public var user: String?
    /// The whole message.
    public var raw: Data
    /// The names of its headers, in order.
    public var names: [String]
    /// Its headers, decoded.
    public var headers: [String: String]
    /// Its body, decoded.
    public var body: String
  }

  /// Its port of 127.0.0.1.
  public let port: String
  private let child: Subprocess

  /// Starts it; the script explains the options.
  public init(_ options: [String: Any] = [:]) throws {
    let script = "\(packageRoot)/Tests/ReceiversTests/Fixtures/mail-server.py"
    let json = String(decoding: try JSONSerialization.data(withJSONObject: options), as: UTF8.self)
    child = try Subprocess("/usr/bin/python3", [script, json])
    port = try child.waitForLine { _ in true }
  }

  /// The mails so far; waits until there are as many as said. The server prints a mail before it accepts it.
  public func mails(_ count: Int) throws -> [Mail] {
    if count > 0 { try child.waitForLine(skipping: count) { _ in true } }
    return try child.output.text.split(separator: "\n").dropFirst().map {
      try JSONDecoder().decode(Mail.self, from: Data($0.utf8))
    }
  }
}
