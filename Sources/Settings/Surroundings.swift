import Glibc

/// What a configuration may take from the machine that it is read on.
public struct Surroundings: Sendable {
  /// The machine's name: the default of `[agent] host`.
  public var hostName: String
  /// A variable of the environment by its name; nil where it isn't set.
  public var variable: @Sendable (String) -> String?
  /// Judges what is the Kafka client's own; nil: all of it is taken as it stands.
  public var client: (any ClientChecks)?

  /// These surroundings, whatever the machine says.
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

  /// Whether `name` is what a machine is called before it was given a name: in an image, or before DHCP has answered.
  public static func isPlaceholder(_ name: String) -> Bool {
    let name = name.lowercased()
    return ["unknown", "(none)", "localhost"].contains(name) || name.hasPrefix("localhost.")
  }

  /// The host name; `unknown` where the kernel tells none.
  private static func machineName() -> String {
    // HOST_NAME_MAX is 64 on Linux; the kernel may cut without a terminator, so one byte stays zero.
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
    let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return bytes.isEmpty ? "unknown" : String(decoding: bytes, as: UTF8.self)
  }
}
