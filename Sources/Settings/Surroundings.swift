import Glibc

/// The parts of the machine that a configuration depends on.
public struct Surroundings: Sendable {
  /// The machine's name: the default of `[agent] host`.
  public var hostName: String
  /// Returns an environment variable by its name; nil if it isn't set.
  public var variable: @Sendable (String) -> String?
  /// Checks the Kafka client's own settings; nil if they aren't checked.
  public var client: (any ClientChecks)?
  /// The program that reads the configuration.
  public var program = "statusd"
  /// Checks receivers; nil if their variables and files aren't read, because another program tells them.
  public var receivers: (any ReceiverChecks)?

  /// Surroundings with these values, independent of the machine.
  public init(
    hostName: String, client: (any ClientChecks)? = nil,
    variable: @escaping @Sendable (String) -> String? = { _ in nil }
  ) {
    self.hostName = hostName
    self.client = client
    self.variable = variable
  }

  /// The machine's own: gethostname(2), getenv(3).
  public static var machine: Surroundings {
    Surroundings(hostName: machineName()) { name in
      getenv(name).map { String(cString: $0) }
    }
  }

  /// Whether `name` is the placeholder of a machine without a name: in an image, or before DHCP has answered.
  public static func isPlaceholder(_ name: String) -> Bool {
    let name = name.lowercased()
    return ["unknown", "(none)", "localhost"].contains(name) || name.hasPrefix("localhost.")
  }

  /// The host name; `unknown` if the kernel has none.
  private static func machineName() -> String {
    // HOST_NAME_MAX is 64 on Linux; the kernel may cut without a terminator, so one byte stays zero.
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
    let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return bytes.isEmpty ? "unknown" : String(decoding: bytes, as: UTF8.self)
  }
}
