import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Metrics

/// Sends bytes to a port of this machine, and returns all that comes until the connection ends.
func exchange(_ request: String, port: UInt16) throws -> String {
  let connection = try connected(to: port)
  defer { close(connection) }
  let sent = Array(request.utf8).withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  try #require(sent == request.utf8.count)
  return received(connection)
}

private func connected(to port: UInt16) throws -> Int32 {
  let connection = try #require(connectedSocket(to: port))
  var limit = timeval(tv_sec: 30, tv_usec: 0)
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  return connection
}

private func received(_ connection: Int32) -> String {
  var bytes: [UInt8] = []
  var part = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = recv(connection, &part, part.count, 0)
    if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
    bytes += part[..<count]
  }
}

/// The status and the body of a GET.
func get(_ path: String, port: UInt16, method: String = "GET", more: String = "") throws -> (
  status: Int?, body: String, head: String
) {
  let answer = try exchange("\(method) \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(more)\r\n", port: port)
  let parts = answer.components(separatedBy: "\r\n\r\n")
  let status = answer.split(separator: " ").dropFirst().first.flatMap { Int($0) }
  return (status, parts.dropFirst().joined(separator: "\r\n\r\n"), parts[0])
}

@Suite("The HTTP server", .timeLimit(.minutes(2)), .waits)
struct HTTPServerTests {
  private func server() throws -> HTTPServer {
    // On a busy machine a test may be silent for longer than a client may.
    try HTTPServer("127.0.0.1", port: 0, silence: .seconds(600)) { path in
      path == "/page" ? .init(status: 200, text: "é\n") : path == "/sick" ? .init(status: 503, text: "") : nil
    }
  }

  @Test("a path has its answer, another one 404, another method 405")
  func answers() throws {
    let server = try server()
    let page = try get("/page", port: server.port)
    #expect(page.status == 200 && page.body == "é\n")
    #expect(page.head.contains("Content-Type: text/plain; charset=utf-8\r\n"))
    #expect(try get("/page?x=1", port: server.port).status == 200)
    #expect(try get("/sick", port: server.port).status == 503)
    for path in ["/", "/pages", "/page/", "/../page", "/%00"] {
      #expect(try get(path, port: server.port).status == 404, "\(path)")
    }
    for method in ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "X"] {
      let answer = try get("/page", port: server.port, method: method, more: "Content-Length: 0\r\n")
      #expect(answer.status == 405, "\(method)")
      #expect(answer.head.contains("Allow: GET"), "\(method)")
    }
    server.stop()
  }

  @Test("what is no request, or too long a one, is refused, and others are answered")
  func hostile() throws {
    let server = try server()
    for request in ["\r\n\r\n", "GET\r\n\r\n", "\u{0}\u{1}\r\n\r\n", "GET /page HTTP/9.9\r\n\r\n"] {
      let connection = try connected(to: server.port)
      _ = Array(request.utf8).withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      close(connection)
    }
    let long = try get("/page", port: server.port, more: "X: \(String(repeating: "x", count: 100_000))\r\n")
    #expect(long.status != 200)
    #expect(try get("/page", port: server.port).status == 200)
    server.stop()
  }

  @Test("more connections than it takes wait until others end")
  func bounded() throws {
    let asked = Mutex<[String]>([])
    let server = try HTTPServer("127.0.0.1", port: 0, silence: .seconds(600)) { path in
      asked.withLock { $0.append(path) }
      return .init(status: 200, text: "")
    }
    func write(_ text: String, to connection: Int32) {
      _ = Array(text.utf8).withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }
    // A connection with half a request has its place.
    let connections = try (0..<32).map { number in
      let connection = try connected(to: server.port)
      write("GET /\(number) HTTP/1.1\r\nHost: x\r\n", to: connection)
      return connection
    }
    let waiting = try connected(to: server.port)
    write("GET /waiting HTTP/1.1\r\nHost: x\r\n\r\n", to: waiting)
    // Nothing tells of an answer that doesn't come: only time shows it.
    var answer = pollfd(fd: waiting, events: Int16(POLLIN), revents: 0)
    #expect(poll(&answer, 1, 300) == 0)
    var byte: UInt8 = 0
    for connection in connections {
      write("\r\n", to: connection)
      #expect(recv(connection, &byte, 1, 0) == 1)
      close(connection)
    }
    #expect(recv(waiting, &byte, 1, 0) == 1)
    close(waiting)
    let order = asked.withLock { $0 }
    #expect(order.count == 33)
    #expect(order.first == "/0")
    server.stop()
  }

  @Test("a port that is taken, and a name without an address, are reported")
  func failures() throws {
    let server = try server()
    let (port, other) = (server.port, ListenFailure.refused("127.0.0.1:\(server.port)", EADDRINUSE))
    #expect(throws: other) { try HTTPServer("127.0.0.1", port: port) { _ in nil } }
    #expect(throws: ListenFailure.unresolved("[::zz]:1")) { try HTTPServer("::zz", port: 1) { _ in nil } }
    server.stop()
  }
}
