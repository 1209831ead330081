import Arguments
import Console
import Glibc
import Settings

/// Options that several commands share.
enum CommonOptions {
  static let config = Option.file("config", short: "c", help: "the configuration", isRequired: true)
  static let role = Option<Settings.Role>.choice(
    "role", help: "which parts run; by default what the configuration says under [run]")
}

extension Option where Value == FieldMatch {
  /// `--match field=glob`; `help` says of what.
  static func match(_ help: String) -> Self {
    Self(
      "match", short: "m", placeholder: "FIELD=GLOB", help: help + "; of several, all must be"
    ) { text throws(ValueError) in
      guard let match = FieldMatch(text) else { throw ValueError("is not of the form field=glob") }
      return match
    }
  }
}

extension Colours {
  /// Those that whoever reads standard output wants.
  static var ofOutput: Colours {
    Colours(
      isOn: areWanted(
        isTerminal: isatty(STDOUT_FILENO) == 1, noColor: variable("NO_COLOR"), terminal: variable("TERM")))
  }
}

/// A variable of the environment.
private func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
