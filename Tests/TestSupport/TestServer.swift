import Glibc
import Platform

/// A server on a free port of 127.0.0.1 that treats each connection, on a thread of its own, as the test says.
public final class TestServer: Sendable {
  /// The port.
  public let port: UInt16
  private let listener: Int32

  /// Serves connections like this.
  public init(_ serve: @escaping @Sendable (TestConnection) -> Void) throws {
    // A write to a connection that libcurl has closed must not end the test process; programs ignore it, too.
    signal(SIGPIPE, SIG_IGN)
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &size) == 0
      }
    }
    guard isBound else { throw SystemError(call: "bind") }
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    _ = try startThread(name: "server") {
      while true {
        let descriptor = accept(listener, nil, nil)
        if descriptor < 0 { break }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let connection = TestConnection(descriptor)
        _ = try? startThread(name: "connection") { serve(connection) }
      }
      close(listener)
    }
  }

  /// Ends the wait for connections.
  deinit { shutdown(listener, Int32(SHUT_RDWR)) }
}

/// A socket that is connected to a server on this machine; nil if there is none. The caller closes it.
public func connectedSocket(to port: UInt16) -> Int32? {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  let isConnected = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
  if isConnected { return descriptor }
  close(descriptor)
  return nil
}

/// One connection; closed when the last reference goes. One thread uses it.
public final class TestConnection: @unchecked Sendable {
  private let descriptor: Int32
  private var buffer: [UInt8] = []

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// A connection to a server on this machine; nil if there is none.
  public convenience init?(to port: UInt16) {
    guard let descriptor = connectedSocket(to: port) else { return nil }
    self.init(descriptor)
  }

  deinit { close(descriptor) }

  /// The next line without its end; nil at the end.
  public func line() -> String? {
    while true {
      if let end = buffer.firstIndex(of: 0x0A) {
        let line = buffer[..<end]
        buffer.removeFirst(end + 1)
        return String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
      }
      guard fill() else { return nil }
    }
  }

  /// The next bytes; nil if there are fewer.
  public func bytes(_ count: Int) -> [UInt8]? {
    while buffer.count < count { guard fill() else { return nil } }
    defer { buffer.removeFirst(count) }
    return Array(buffer.prefix(count))
  }

  /// Everything until the other side closes.
  @discardableResult
  public func rest() -> [UInt8] {
    while fill() {}
    defer { buffer = [] }
    return buffer
  }

  /// False if nobody is there any more.
  @discardableResult
  public func write(_ text: String) -> Bool { write(Array(text.utf8)) }

  /// False if nobody is there any more.
  @discardableResult
  public func write(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { rest in
      var rest = rest
      return writeAll(&rest, to: descriptor) == nil
    }
  }

  private func fill() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65536)
    let count = read(descriptor, &chunk, chunk.count)
    if count > 0 { buffer += chunk.prefix(count) }
    return count > 0
  }
}
