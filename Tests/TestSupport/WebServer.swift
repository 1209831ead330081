import Glibc
import Platform

/// A web server that notes each request and gives the answers of a script, the last one again and again.
public final class WebServer: Sendable {
  /// What came.
  public struct Request: Sendable {
    /// Its first line.
    public var line: String
    /// Its headers.
    public var headers: [(name: String, value: String)]
    /// Its body.
    public var body: [UInt8]
    /// The number of its connection, from 0.
    public var connection: Int

    /// The value of a header; nil if there is none.
    public func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
  }

  /// What it says to a request.
  public enum Answer: Sendable {
    /// A status, and a body.
    case status(Int, headers: [String] = [], body: String = "")
    /// These bytes, then nothing more until the client goes.
    case raw(String)
    /// This beginning, then these bytes again and again.
    case endless(String, String)
    /// No answer, until the client goes.
    case silence
    /// No answer, and the connection is closed.
    case close
    /// An answer, and then the connection is closed without a word about it.
    case thenClose(Int)
  }

  private struct State {
    var requests: [Request] = []
    var answers: [Answer]
    var pause: Duration
    var connections = 0
  }

  private let state: Watched<State>
  private let server: TestServer

  /// A server that gives these answers.
  public convenience init(_ answers: Answer...) throws { try self.init(answers) }

  /// A server that gives these answers, each after a pause.
  public init(_ answers: [Answer], after pause: Duration = .zero) throws {
    let state = Watched(State(answers: answers, pause: pause))
    self.state = state
    server = try TestServer { WebServer.serve($0, state) }
  }

  /// Its port of 127.0.0.1.
  public var port: UInt16 { server.port }
  /// What came so far.
  public var requests: [Request] { state.value.requests }

  /// Gives these answers from now on, each after a pause.
  public func answer(_ answers: Answer..., after pause: Duration = .zero) {
    state.change { ($0.answers, $0.pause) = (answers, pause) }
  }

  /// Waits until what came is as `isAsWanted` says; false where it isn't before `deadline`.
  @discardableResult
  public func wait(until deadline: MonotonicTime = soon(), for isAsWanted: ([Request]) -> Bool) -> Bool {
    state.wait(until: deadline) { isAsWanted($0.requests) }
  }

  /// Waits until a request has come.
  public func waitForRequest() { state.wait { !$0.requests.isEmpty } }

  /// An address there.
  public func address(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

  private static func serve(_ connection: TestConnection, _ state: Watched<State>) {
    let number = state.change { state in
      state.connections += 1
      return state.connections - 1
    }
    while let request = read(connection, number) {
      let pause = state.value.pause
      // A receiver that is slow.
      if pause > .zero { usleep(useconds_t(pause / .microseconds(1))) }
      let answer = state.change { state in
        state.requests.append(request)
        return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
      }
      switch answer {
      case .status(let status, let headers, let body):
        let head = ["HTTP/1.1 \(status) Text", "Content-Length: \(body.utf8.count)"] + headers
        connection.write(head.joined(separator: "\r\n") + "\r\n\r\n" + body)
      case .raw(let text):
        connection.write(text)
        connection.rest()
        return
      case .endless(let head, let text):
        connection.write(head)
        while connection.write(text) {}
        return
      case .silence:
        connection.rest()
        return
      case .close: return
      case .thenClose(let status):
        connection.write("HTTP/1.1 \(status) Text\r\nContent-Length: 0\r\n\r\n")
        return
      }
    }
  }

  private static func read(_ connection: TestConnection, _ number: Int) -> Request? {
    guard let line = connection.line() else { return nil }
    var request = Request(line: line, headers: [], body: [], connection: number)
    while let header = connection.line(), !header.isEmpty {
      let parts = header.split(separator: ":", maxSplits: 1)
      request.headers.append((String(parts[0]), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""))
    }
    guard let body = connection.bytes(Int(request.header("Content-Length") ?? "0") ?? 0) else { return nil }
    request.body = body
    return request
  }
}
