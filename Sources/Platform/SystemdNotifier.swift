import Glibc

/// Reports the service's state to systemd with the protocol of sd_notify(3), one datagram for each message.
///
/// Does nothing if `NOTIFY_SOCKET` isn't set. Sending waits at most half a second. `false` means that systemd didn't
/// take the message; send it again later. Owned by one thread.
public final class SystemdNotifier {
  private let descriptor: Int32
  private let address: [UInt8]

  /// The watchdog's timeout (`WatchdogSec`, from `WATCHDOG_USEC`); nil if there is none. Feed it at half this interval.
  public let watchdogInterval: Duration?

  /// Whether `NOTIFY_SOCKET` names a usable socket.
  public var isActive: Bool { descriptor >= 0 }

  /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` through `environment`.
  public init(
    environment: (String) -> String? = { name in getenv(name).map { String(cString: $0) } },
    process: Int32 = getpid()
  ) {
    address = environment("NOTIFY_SOCKET").flatMap(Self.address(of:)) ?? []
    descriptor = address.isEmpty ? -1 : socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    if descriptor >= 0 {
      var limit = timeval(tv_sec: 0, tv_usec: 500_000)
      setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
    watchdogInterval = Self.watchdogInterval(environment, process: process)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// The service has started.
  @discardableResult
  public func ready(status: String) -> Bool { send("READY=1\nSTATUS=\(Self.oneLine(status))") }

  /// Sets the line that `systemctl status` shows.
  @discardableResult
  public func status(_ text: String) -> Bool { send("STATUS=\(Self.oneLine(text))") }

  /// The configuration is being read again; `ready` ends this state. systemd compares `now` for `Type=notify-reload`.
  @discardableResult
  public func reloading(now: MonotonicTime) -> Bool {
    send("RELOADING=1\nMONOTONIC_USEC=\(now.nanoseconds / 1000)")
  }

  /// The service is about to end.
  @discardableResult
  public func stopping(status: String) -> Bool { send("STOPPING=1\nSTATUS=\(Self.oneLine(status))") }

  /// Feeds the watchdog.
  @discardableResult
  public func watchdog() -> Bool { send("WATCHDOG=1") }

  /// Replaces control characters: a newline would begin another assignment.
  private static func oneLine(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
  }

  private func send(_ message: String) -> Bool {
    guard descriptor >= 0 else { return true }
    var bytes = message
    let sent = bytes.withUTF8 { message in
      address.withUnsafeBytes { address in
        sendto(
          descriptor, message.baseAddress, message.count, Int32(MSG_NOSIGNAL),
          address.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(address.count))
      }
    }
    return sent >= 0
  }

  /// The bytes of a sockaddr_un for a path, or for an abstract name written with `@`. An abstract name begins with a
  /// zero byte and has no terminator (unix(7)). nil if the name is empty, too long, or of another kind (`vsock:`).
  private static func address(of name: String) -> [UInt8]? {
    var path = Array(name.utf8)
    guard let first = path.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"), path.count > 1 else {
      return nil
    }
    if first == UInt8(ascii: "@") { path[0] = 0 } else { path.append(0) }
    guard path.count <= 108 else { return nil }
    return withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) } + path
  }

  private static func watchdogInterval(_ environment: (String) -> String?, process: Int32) -> Duration? {
    guard let microseconds = environment("WATCHDOG_USEC").flatMap({ Int64($0) }), microseconds > 0 else { return nil }
    if let owner = environment("WATCHDOG_PID"), Int32(owner) != process { return nil }
    return .microseconds(microseconds)
  }
}
