import Arguments
import Settings

/// Options that several commands share.
enum CommonOptions {
  static let config = Option.file("config", short: "c", help: "the configuration", isRequired: true)
  static let role = Option<Settings.Role>.choice(
    "role", help: "which parts run; by default what the configuration says under [run]")
}
