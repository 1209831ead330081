public import Platform
public import Settings

/// Waits for the name of a machine that has none yet: it boots, and DHCP or cloud-init haven't answered. Records under
/// the name `localhost` would be mixed with those of other booting machines.
public enum MachineName {
  /// How long to wait for a name: longer than DHCP usually takes, and short enough for a machine that is permanently
  /// called `localhost`.
  static let patience = Duration.seconds(10)

  /// Waits until the machine has a name, for `patience` at most.
  ///
  /// - Parameter name: returns the machine's current name.
  /// - Returns: the name at the end; nil if a signal ends the process.
  /// - Throws: if no file descriptor is left.
  public static func wait(
    hearing signals: Signals, _ log: Logger, name: () -> String = { Surroundings.machine.hostName }
  ) throws(SystemError) -> String? {
    let wakeup = try Wakeup()
    let deadline = SystemTime().monotonic + patience
    var now = name()
    log.notice(
      "this machine has no host name of its own yet; waiting for one",
      ["name": .string(now), "at_most": .duration(patience)])
    while Surroundings.isPlaceholder(now) {
      if SystemTime().monotonic >= deadline {
        log.warning(
          "this machine still has no host name of its own; other machines may send records under the same name",
          ["name": .string(now), "remedy": "set agent.host and run.instance in the configuration"])
        break
      }
      if signals.pause(.milliseconds(200), drainingRingsOf: wakeup) { return nil }
      now = name()
    }
    return now
  }

  /// Sets `name` for the settings that use the machine's name.
  public static func put(_ name: String, into settings: inout Settings, _ keys: Set<String>) {
    if keys.contains("agent.host") { settings.agent.host = name }
    if keys.contains("run.instance") { settings.run.instance = name }
  }
}
