import Platform
import Settings

/// A machine that has no name yet: it boots, and DHCP or cloud-init haven't answered. What goes by `localhost` then would
/// be taken for one host with all others that boot.
enum MachineName {
  /// How long a name is waited for: longer than DHCP mostly takes, and no longer than whoever is called `localhost` for
  /// good can wait.
  static let patience = Duration.seconds(10)

  /// Whether something goes by the machine's name that isn't one.
  static func isMissing(in settings: Settings, _ keys: Set<String>) -> Bool {
    let role = settings.run.role
    return role.samples && keys.contains("agent.host") && Surroundings.isPlaceholder(settings.agent.host)
      || role.evaluates && keys.contains("run.instance")
        && Surroundings.isPlaceholder(settings.run.instance)
  }

  /// Waits until the machine has a name, for `patience` at most.
  ///
  /// - Parameter name: asks for the name that the machine has now.
  /// - Returns: the name that it has then; nil where a signal says to end.
  /// - Throws: where no file descriptor is left.
  static func wait(
    hearing signals: Signals, _ log: Logger, name: () -> String = { Surroundings.machine.hostName }
  ) throws(SystemError) -> String? {
    let wakeup = try Wakeup()
    let deadline = SystemTime().monotonic + patience
    var now = name()
    log.notice(
      "this machine has no name of its own yet; waiting for one",
      ["name": .string(now), "at_most": .duration(patience)])
    while Surroundings.isPlaceholder(now) {
      if SystemTime().monotonic >= deadline {
        log.warning(
          "this machine still has no name of its own; what goes by it shares it with others",
          ["name": .string(now), "remedy": "give agent.host and run.instance in the configuration"])
        break
      }
      if signals.pause(.milliseconds(200), drainingRingsOf: wakeup) { return nil }
      now = name()
    }
    return now
  }

  /// Lets what goes by the machine's name go by `name`.
  static func put(_ name: String, into settings: inout Settings, _ keys: Set<String>) {
    if keys.contains("agent.host") { settings.agent.host = name }
    if keys.contains("run.instance") { settings.run.instance = name }
  }
}
