import Glibc
import Platform
import Synchronization

/// A mail server that accepts everything but what the script says: a command's beginning (or `greeting`, or `.` for the
/// end of the message), and the reply; `close` closes the connection, an empty reply is silence.
final class ScriptedMailServer: Sendable {
  private final class Lines: Sendable { let value = Mutex<[String]>([]) }

  private let said = Lines()
  private let server: TestServer

  init(_ script: [String: String]) throws {
    let said = said
    server = try TestServer { ScriptedMailServer.serve($0, script, said) }
  }

  var port: UInt16 { server.port }
  /// What clients said; what they said while the server was silent, until they went, comes after `then: `.
  var lines: [String] { said.value.withLock { $0 } }

  /// Waits until the client of a silent server has gone; what it said meanwhile.
  func rest() -> String? {
    let deadline = SystemTime().monotonic + .seconds(30)
    while SystemTime().monotonic < deadline {
      if let line = lines.last, line.hasPrefix("then: ") { return String(line.dropFirst(6)) }
      sched_yield()
    }
    return nil
  }

  private static func serve(_ connection: TestConnection, _ script: [String: String], _ said: Lines) {
    func reply(_ command: String, _ usual: String) -> Bool {
      let reply = script[command] ?? usual
      if reply.isEmpty {
        let rest = String(decoding: connection.rest(), as: UTF8.self)
        said.value.withLock { $0.append("then: \(rest)") }
      }
      return !reply.isEmpty && reply != "close" && connection.write(reply + "\r\n")
    }
    guard reply("greeting", "220 mail.test") else { return }
    var isMessage = false
    while let line = connection.line() {
      said.value.withLock { $0.append(line) }
      if isMessage {
        guard line == "." else { continue }
        isMessage = false
        guard reply(".", "250 OK") else { return }
      } else {
        let command = String(line.prefix(4))
        guard reply(command, command == "DATA" ? "354 go on" : "250 OK") else { return }
        isMessage = command == "DATA" && script["DATA"] == nil
      }
    }
  }
}
