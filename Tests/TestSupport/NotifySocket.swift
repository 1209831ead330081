import Foundation
import Glibc

/// systemd's end of `NOTIFY_SOCKET`.
public final class NotifySocket: Sendable {
  /// What `NOTIFY_SOCKET` is set to.
  public let name: String
  private let descriptor: Int32

  /// Listens at a path, or, after `@`, at an abstract name.
  public init(_ name: String = "@" + uniqueName("notify")) throws {
    self.name = name
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var bytes = Array(name.utf8)
    if name.hasPrefix("@") { bytes[0] = 0 } else { bytes.append(0) }
    let address = withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) } + bytes
    let bound = address.withUnsafeBytes { raw in
      bind(descriptor, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
    }
    if bound != 0 { throw Broker.Failure(description: "\(name): \(String(cString: strerror(errno)))") }
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit {
    close(descriptor)
    if !name.hasPrefix("@") { unlink(name) }
  }

  /// The next message; empty where none comes within a minute.
  public func receive() -> String {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let size = recv(descriptor, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(0, size)), as: UTF8.self)
  }

  /// The first message from now on that `matches`; nil where the messages end before it, or there are 1000.
  public func receive(where matches: (String) -> Bool) -> String? {
    for _ in 0..<1000 {
      let message = receive()
      if message.isEmpty { return nil }
      if matches(message) { return message }
    }
    return nil
  }
}
