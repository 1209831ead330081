internal import Cmicrohttpd
import Glibc
import Platform
import Synchronization

/// Why nobody can listen on an address.
public enum ListenFailure: Error, Equatable, CustomStringConvertible {
  /// The name has no address.
  case unresolved(String)
  /// The system refuses it, for this `errno`.
  case refused(String, Int32)

  /// A sentence.
  public var description: String {
    switch self {
    case .unresolved(let address): "\(address) has no address on this machine"
    case .refused(let address, let code): "can't listen on \(address): \(String(cString: strerror(code)))"
    }
  }
}

/// A small HTTP server for GET requests without parameters, on a thread of its own.
///
/// It has 32 connections at most; further ones wait until one of these ends. A connection that is silent for 10 s is closed, too, and
/// the header of a request has 8 KiB at most. No body of a request is read.
final class HTTPServer: Sendable {
  /// What a request gets.
  struct Answer: Sendable {
    var status: UInt32
    var type: StaticString = "text/plain; charset=utf-8"
    var text: String
  }

  private static let connections: UInt32 = 32
  static let silence = Duration.seconds(10)
  private static let memory = 8192

  private let site: Site
  private let daemon: Mutex<Daemon?>

  /// The port that it listens on.
  let port: UInt16

  /// Listens on `host`, a name or an address, and `port`; 0 for any free one.
  ///
  /// - Parameters:
  ///   - silence: how long a connection may be silent.
  ///   - answer: called on the server's thread for each GET request with its path; nil for a path that there
  ///     isn't.
  init(
    _ host: String, port: UInt16, silence: Duration = silence, answer: @escaping @Sendable (_ path: String) -> Answer?
  ) throws(ListenFailure) {
    let site = Site(answer)
    var unresolved: Int32 = 0
    let started = statusd_http_start(
      host, "\(port)", site.pointer, Self.connections, UInt32(clamping: silence.components.seconds), Self.memory,
      &unresolved)
    guard let started else {
      let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
      if unresolved != 0 { throw .unresolved(address) }
      throw .refused(address, errno)
    }
    self.site = site
    self.port = UInt16(truncatingIfNeeded: statusd_http_port(started))
    daemon = Mutex(Daemon(handle: started))
  }

  /// Closes all connections, and the port. Waits for the answer that is being made.
  func stop() {
    let daemon = daemon.withLock { daemon in
      defer { daemon = nil }
      return daemon
    }
    if let daemon { MHD_stop_daemon(daemon.handle) }
  }

  deinit { stop() }
}

/// The handle of a running server; its owner stops it once.
private struct Daemon: @unchecked Sendable {
  let handle: OpaquePointer
}

/// What the server's callback needs; it outlives the server.
private final class Site: @unchecked Sendable {
  let answer: @Sendable (String) -> HTTPServer.Answer?
  let pointer: UnsafeMutablePointer<statusd_http_site>

  init(_ answer: @escaping @Sendable (String) -> HTTPServer.Answer?) {
    self.answer = answer
    pointer = .allocate(capacity: 1)
    pointer.initialize(to: statusd_http_site(handler: respond, context: nil))
    pointer.pointee.context = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit { pointer.deallocate() }
}

/// Answers one request, on the server's thread.
private func respond(
  _ context: UnsafeMutableRawPointer?, _ method: UnsafePointer<CChar>?, _ path: UnsafePointer<CChar>?,
  _ answer: UnsafeMutablePointer<statusd_http_answer>?
) {
  guard let context, let method, let path, let answer else { return }
  let site = Unmanaged<Site>.fromOpaque(context).takeUnretainedValue()
  let found = site.answer(String(cString: path))
  let given: HTTPServer.Answer
  if found != nil, String(cString: method) != "GET" {
    given = .init(status: 405, text: "only GET is answered\n")
    answer.pointee.allow = UnsafeRawPointer(get.utf8Start).assumingMemoryBound(to: CChar.self)
  } else {
    given = found ?? .init(status: 404, text: "there is no such page\n")
  }
  answer.pointee.status = given.status
  answer.pointee.type = UnsafeRawPointer(given.type.utf8Start).assumingMemoryBound(to: CChar.self)
  var text = given.text
  text.withUTF8 { bytes in
    guard let start = bytes.baseAddress, let copy = malloc(max(1, bytes.count)) else { return }
    memcpy(copy, start, bytes.count)
    (answer.pointee.body, answer.pointee.length) = (copy, bytes.count)
  }
}

private let get: StaticString = "GET"
