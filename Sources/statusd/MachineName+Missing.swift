import Programs
import Settings

extension MachineName {
  /// Whether a setting uses the machine's name, and the machine has only a placeholder.
  static func isMissing(in settings: Settings, _ keys: Set<String>) -> Bool {
    let role = settings.run.role
    return role.samples && keys.contains("agent.host") && Surroundings.isPlaceholder(settings.agent.host)
      || (role.evaluates || role.meters) && keys.contains("run.instance")
        && Surroundings.isPlaceholder(settings.run.instance)
  }
}
