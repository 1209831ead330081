public import Arguments
import Console
public import Platform
public import Settings
import Topics

/// The configuration of a program that is run as a service.
public enum ConfigurationFile {
  /// `--config FILE`
  public static let option = Option.file("config", short: "c", help: "the configuration", isRequired: true)

  /// Loads the file at `path`, and prints all complaints. Returns nil if it has a mistake.
  public static func check(_ path: String, surroundings: Surroundings) -> Settings? {
    let loaded = Settings.load(path: path, surroundings: surroundings)
    printError(loaded.complaints.map { "\($0)\n" }.joined())
    return loaded.settings
  }

  /// Loads the file at `path`, and logs all complaints. Returns nil if it has a mistake.
  public static func load(
    _ path: String, surroundings: Surroundings = .machineWithKafka, _ log: Logger
  ) -> Settings.Loaded? {
    let loaded = Settings.load(path: path, surroundings: surroundings)
    for complaint in loaded.complaints {
      switch complaint.weight {
      case .mistake: log.error("the configuration has a mistake", ["complaint": .string("\(complaint)")])
      case .advice: log.warning("advice on the configuration", ["complaint": .string("\(complaint)")])
      }
    }
    return loaded.settings == nil ? nil : loaded
  }
}
