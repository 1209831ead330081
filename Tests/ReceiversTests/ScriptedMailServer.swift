import TestSupport

/// A mail server that accepts everything but what the script says: a command's beginning (or `greeting`, or `.` for the
/// end of the message), and the reply; `close` closes the connection, an empty reply is silence.
final class ScriptedMailServer: Sendable {
  private let said = Watched<[String]>([])
  private let server: TestServer

  init(_ script: [String: String]) throws {
    let said = said
    server = try TestServer { ScriptedMailServer.serve($0, script, said) }
  }

  var port: UInt16 { server.port }
  /// What clients said; what they said while the server was silent, until they went, comes after `then: `.
  var lines: [String] { said.value }

  /// Waits until a client has said this line last.
  func wait(for line: String) { said.wait { $0.last == line } }

  /// Waits until the client of a silent server has gone; what it said meanwhile.
  func rest() -> String? {
    let hasGone = said.wait { $0.last?.hasPrefix("then: ") ?? false }
    return hasGone ? lines.last.map { String($0.dropFirst(6)) } : nil
  }

  private static func serve(_ connection: TestConnection, _ script: [String: String], _ said: Watched<[String]>) {
    func reply(_ command: String, _ usual: String) -> Bool {
      let reply = script[command] ?? usual
      if reply.isEmpty {
        let rest = String(decoding: connection.rest(), as: UTF8.self)
        said.change { $0.append("then: \(rest)") }
      }
      return !reply.isEmpty && reply != "close" && connection.write(reply + "\r\n")
    }
    guard reply("greeting", "220 mail.test") else { return }
    var isMessage = false
    while let line = connection.line() {
      said.change { $0.append(line) }
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
