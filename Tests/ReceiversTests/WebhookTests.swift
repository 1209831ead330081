import Foundation
import Platform
import Records
import TestSupport
import Testing

@testable import Receivers

@Suite("Webhook", .waits)
struct WebhookTests {
  private let stop = StopSource()

  private func channel(
    _ address: String, _ change: (inout WebhookChannel.Options) throws -> Void = { _ in }
  ) throws -> WebhookChannel {
    var options = WebhookChannel.Options(address: try WebAddress(address))
    try change(&options)
    let time = ManualTime(wall: WallTime(milliseconds: 1_795_176_003_900))
    return try WebhookChannel(options, stop: StopSignal(stop.token), time: time)
  }

  @Test("posts the notification's JSON with its id as the key of repeats")
  func plain() throws {
    let server = try WebServer(.status(204))
    let told = notification([transition()])
    #expect(try channel(server.address("/hook?x=1")).send(told) == .delivered())
    let request = try #require(server.requests.first)
    #expect(request.line == "POST /hook?x=1 HTTP/1.1")
    #expect(request.body == told.json)
    #expect(request.header("Content-Type") == "application/json")
    #expect(request.header("Idempotency-Key") == told.id)
    #expect(request.header("X-Statusd-Signature") == nil)
    #expect(request.header("Expect") == nil)
  }

  @Test("posts the template's body, signed, with the configured headers")
  func signed() throws {
    let server = try WebServer(.status(200))
    let channel = try channel(server.address()) {
      $0.body = try BodyTemplate(#"{"a":"{{json count}}"}"#)
      $0.secret = Array("s3crét".utf8)
      $0.http.headers = [
        try HeaderField(name: "Authorization", value: " Bearer x:y "), try HeaderField(name: "X-Empty", value: ""),
        try HeaderField(name: "content-type", value: "application/vnd.x+json"),
      ]
    }
    #expect(channel.send(notification([transition()])) == .delivered())
    let request = try #require(server.requests.first)
    #expect(text(request.body) == #"{"a":1}"#)
    #expect(request.header("X-Statusd-Timestamp") == "1795176003")
    #expect(
      request.header("X-Statusd-Signature")
        == "sha256=14c0c609cf0d53ebbaf75f94f1b8f81681cbac557c1d9c8045f2017bd1bf6a9c")
    #expect(request.header("Authorization") == "Bearer x:y")
    #expect(request.header("X-Empty")?.isEmpty == true)
    #expect(
      request.headers.filter { $0.name.lowercased() == "content-type" }.map(\.value) == ["application/vnd.x+json"])
  }

  @Test("large bodies and hostile texts arrive as they were sent")
  func hostile() throws {
    let server = try WebServer(.status(200))
    let channel = try channel(server.address())
    for odd in hostileTexts {
      let told = notification([transition(host: odd, summary: odd, labels: [(odd, odd)])], receiver: odd)
      #expect(channel.send(told) == .delivered())
      let body = try #require(server.requests.last?.body)
      let read = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
      let alert = try #require((read["alerts"] as? [[String: Any]])?.first)
      #expect(Array((alert["host"] as? String ?? "?").unicodeScalars) == Array(odd.unicodeScalars))
    }
    let large = notification((0..<10_000).map { transition(offset: Int64($0)) })
    #expect(channel.send(large) == .delivered())
    #expect(server.requests.last?.body == large.json)
  }

  @Test(
    "an answer's status decides",
    arguments: [
      (200, "delivered"), (202, "delivered"), (299, "delivered"), (300, "later"), (301, "later"), (307, "later"),
      (400, "refused"), (401, "later"), (403, "later"), (404, "later"), (405, "later"), (407, "later"), (408, "later"),
      (409, "refused"), (410, "later"), (413, "refused"), (422, "refused"), (429, "later"), (451, "refused"),
      (500, "later"), (503, "later"), (599, "later"), (999, "later"),
    ])
  func statuses(status: Int, expected: String) throws {
    let server = try WebServer(.status(status, headers: ["Location: /other"]))
    switch try channel(server.address()).send(notification([transition()])) {
    case .delivered(let remark): #expect(expected == "delivered" && remark == nil)
    case .later(let after, let reason):
      #expect(expected == "later" && after == nil && reason == "HTTP status \(status)")
    case .refused(let reason): #expect(expected == "refused" && reason == "HTTP status \(status)")
    }
    // No redirect is followed.
    #expect(server.requests.count == 1)
  }

  @Test("a pause that the receiver asks for is kept, up to five minutes")
  func pauses() throws {
    let server = try WebServer(
      .status(429, headers: ["Retry-After: 7"]), .status(503, headers: ["Retry-After: 86400"]),
      .status(503, headers: ["Retry-After: soon"]), .status(503, headers: ["Retry-After: -5"]),
      .status(503, headers: ["Retry-After: Fri, 31 Dec 2100 23:59:59 GMT"]))
    let channel = try channel(server.address())
    let longest = Duration.seconds(300)
    for expected in [.seconds(7), longest, nil, nil, longest] as [Duration?] {
      guard case .later(let after, _) = channel.send(notification([transition()])) else { return #expect(Bool(false)) }
      #expect(after == expected)
    }
  }

  @Test("a refusal's reason has the beginning of the answer on one line, without what is secret")
  func reasons() throws {
    let body =
      "<b>Cannot  POST /hooks/T0PSECRET?key=QUERYKEY</b>\r\n\u{1B}[2J Bearer t0ken-x basic \u{202E}"
      + String(repeating: "x", count: 70_000)
    let server = try WebServer(.status(400, body: body), .status(404, body: body), .status(500, body: body))
    let channel = try channel(server.address("/hooks/t0pSECRET?key=QUERYKEY")) {
      $0.http.headers = [try HeaderField(name: "Authorization", value: "Bearer T0KEN-X")]
    }
    guard case .refused(let refusal) = channel.send(notification([transition()])) else { return #expect(Bool(false)) }
    let start = #"HTTP status 400: <b>Cannot POST ***?***</b> \u{1B}[2J *** basic \u{202E}xxxx"#
    #expect(refusal.hasPrefix(start))
    #expect(refusal.count == 200 + "HTTP status 400: ".count)
    guard case .later(_, let absence) = channel.send(notification([transition()])) else { return #expect(Bool(false)) }
    #expect(absence.hasPrefix(start.replacingOccurrences(of: "400", with: "404")))
    #expect(channel.send(notification([transition()])) == .later(reason: "HTTP status 500"))
  }

  @Test("of an answer without end the status counts, and 64 KiB are read")
  func endless() throws {
    let server = try WebServer(.endless("HTTP/1.1 200 OK\r\n\r\n", String(repeating: "x", count: 65_536)), .status(204))
    let channel = try channel(server.address())
    #expect(channel.send(notification([transition()])) == .delivered())
    // Its connection isn't used again.
    #expect(channel.send(notification([transition()])) == .delivered())
    #expect(server.requests.map(\.connection) == [0, 1])
  }

  @Test("headers without end are cut off, before they fill the memory or the time is over", arguments: [200, 500])
  func endlessHeaders(status: Int) throws {
    let line = "X-Header: " + String(repeating: "x", count: 1000) + "\r\n"
    let server = try WebServer(
      .endless("HTTP/1.1 \(status) Text\r\n", String(repeating: line, count: 60)))
    let channel = try channel(server.address()) { $0.http.limit = .seconds(600) }
    let outcome = channel.send(notification([transition()]))
    #expect(outcome == (status == 200 ? .delivered() : .later(reason: "HTTP status 500")))
  }

  @Test(
    "no answer, half an answer and rubbish are tried later",
    arguments: [
      (WebServer.Answer.close, "Server returned nothing (no headers, no data)"),
      (.silence, "no answer within 1s"), (.raw("HTTP/1.1 20"), "no answer within 1s"),
      (.raw("SSH-2.0-x\r\n"), "Received HTTP/0.9 when not allowed"),
      (.raw("HTTP/1.1 100 Continue\r\n\r\n"), "no answer within 1s"),
    ])
  func failures(answer: WebServer.Answer, reason: String) throws {
    let server = try WebServer(answer)
    // Only where nothing else ends the wait: a busy machine may need its time.
    let channel = try channel(server.address("/secret")) {
      $0.http.limit = reason.hasSuffix("within 1s") ? .seconds(1) : .seconds(60)
    }
    guard case .later(nil, let found) = channel.send(notification([transition()])) else { return #expect(Bool(false)) }
    #expect(found == reason || found.hasPrefix("Unsupported protocol") || found.hasPrefix("Weird server"))
  }

  @Test("a status that came before the time was over counts")
  func slowBody() throws {
    let server = try WebServer(.raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"))
    let channel = try channel(server.address()) { $0.http.limit = .seconds(2) }
    #expect(channel.send(notification([transition()])) == .delivered())
  }

  @Test("nobody listening, and a host without an address, are named without the address")
  func unreachable() throws {
    var server: WebServer? = try WebServer(.close)
    let address = try #require(server?.address("/secret"))
    server = nil
    #expect(
      try channel(address).send(notification([transition()]))
        == .later(reason: "Couldn't connect to server: Connection refused"))
    #expect(
      try channel("http://secret.invalid/").send(notification([transition()]))
        == .later(reason: "Couldn't resolve host name"))
  }

  @Test("a server that accepts no TLS handshake is told from one that gives no answer")
  func noHandshake() throws {
    let server = try TestServer { $0.rest() }
    let channel = try channel("https://127.0.0.1:\(server.port)/") { $0.http.limit = .milliseconds(300) }
    #expect(channel.send(notification([transition()])) == .later(reason: "no connection within 300ms"))
  }

  @Test("a stop ends an attempt that waits, and each later one")
  func stopped() throws {
    let server = try WebServer(.silence)
    let channel = try channel(server.address()) { $0.http.limit = .seconds(600) }
    let stopper = try startThread(name: "stop") { [stop] in
      server.waitForRequest()
      stop.stop()
    }
    #expect(channel.send(notification([transition()])) == .later(reason: "statusd-forward stops"))
    stopper.join()
    #expect(!server.requests.isEmpty)
    #expect(channel.send(notification([transition()])) == .later(reason: "statusd-forward stops"))
  }

  @Test("a connection is kept, and made anew once the server has closed it")
  func keptAlive() throws {
    let server = try WebServer(.status(200), .status(200), .thenClose(200), .status(200))
    let channel = try channel(server.address())
    for _ in 0..<4 { #expect(channel.send(notification([transition()])) == .delivered()) }
    #expect(server.requests.map(\.connection) == [0, 0, 0, 1])
  }

  @Test("the proxy of the environment is used only where asked")
  func proxies() throws {
    let proxy = try WebServer(.status(202))
    let server = try WebServer(.status(200))
    setenv("http_proxy", proxy.address(), 1)
    defer { unsetenv("http_proxy") }
    #expect(try channel(server.address()).send(notification([transition()])) == .delivered())
    #expect((proxy.requests.count, server.requests.count) == (0, 1))
    let proxied = try channel(server.address()) { $0.http.usesProxyOfEnvironment = true }
    #expect(proxied.send(notification([transition()])) == .delivered())
    #expect((proxy.requests.count, server.requests.count) == (1, 1))
  }

  @Test("a certificate must be of a trusted authority, and of the host")
  func certificates() throws {
    let tls = try TLSFolder()
    let server = try Subprocess("/usr/bin/python3", ["-c", tlsServer, tls.path("server.crt"), tls.path("server.key")])
    let port = try server.waitForLine { _ in true }
    let told = notification([transition()])
    let trusting = try channel("https://127.0.0.1:\(port)/") { $0.http.caFile = tls.path("server.crt") }
    #expect(trusting.send(told) == .delivered())
    #expect(
      try channel("https://127.0.0.1:\(port)/").send(told)
        == .later(reason: "SSL peer certificate or SSH remote key was not OK: self-signed certificate"))
    let otherName = try channel("https://localhost:\(port)/") { $0.http.caFile = tls.path("server.crt") }
    #expect(
      otherName.send(told)
        == .later(reason: "SSL peer certificate or SSH remote key was not OK: perhaps it is for another host"))
    let otherAuthority = try channel("https://127.0.0.1:\(port)/") { $0.http.caFile = tls.path("other.crt") }
    #expect(otherAuthority.send(told) != .delivered())
    let noAuthority = try channel("https://127.0.0.1:\(port)/") { $0.http.caFile = tls.path("none.crt") }
    #expect(noAuthority.send(told) == .later(reason: "Problem with the SSL CA cert (path? access rights?)"))
  }

  @Test("addresses and headers that aren't plain are refused, without showing them")
  func problems() throws {
    let addresses = [
      "", "hooks.example/x", "ftp://hooks.example/x", "file:///etc/passwd", "http://", "http:///x", "https://a b/",
      "https://a/\r\nX: y", "https://a/#b", "https://a/\u{0}", "https://é/", "http://a:99999/",
      "http://a/" + String(repeating: "x", count: 4096),
    ]
    for address in addresses {
      #expect(throws: ReceiverProblem.self, "\(address)") { _ = try WebAddress(address) }
    }
    let address = try WebAddress("https://user:password@hooks.example:8443/a/b?c=d")
    #expect("\(address)" == "***")
    #expect("\(try HeaderField(name: "X-Key", value: "secret"))" == "X-Key: ***")
    for (name, value) in [
      ("", "x"), ("a b", "x"), ("a:", "x"), ("a\n", "x"), ("X-Key", "a\r\nb: c"), ("X-Key", "a\u{0}"), ("X-Key", "é"),
      ("Host", "x"), ("content-LENGTH", "1"), ("Idempotency-Key", "x"), ("X-Key", String(repeating: "x", count: 9000)),
    ] {
      #expect(throws: ReceiverProblem.self, "\(name): \(value)") { _ = try HeaderField(name: name, value: value) }
    }
  }
}

/// Answers each POST with 200, over TLS; prints its port.
private let tlsServer = """
  import http.server, ssl, sys
  class Handler(http.server.BaseHTTPRequestHandler):
      def do_POST(self):
          self.rfile.read(int(self.headers["Content-Length"]))
          self.send_response(200)
          self.send_header("Content-Length", "0")
          self.end_headers()
  class Server(http.server.ThreadingHTTPServer):
      def handle_error(self, request, client_address): pass
  server = Server(("127.0.0.1", 0), Handler)
  context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
  context.load_cert_chain(sys.argv[1], sys.argv[2])
  server.socket = context.wrap_socket(server.socket, server_side=True)
  print(server.server_address[1], flush=True)
  server.serve_forever()
  """
