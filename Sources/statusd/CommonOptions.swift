import Arguments
import Console
import Glibc
import Settings

/// Options that several commands share.
enum CommonOptions {
  static let role = Option<Settings.Role>.choice(
    "role", help: "the role of this process; by default that of the configuration, [run] role")
}

extension Option where Value == FieldMatch {
  /// `--match field=glob`; `help` says what it selects.
  static func match(_ help: String) -> Self {
    Self(
      "match", short: "m", placeholder: "FIELD=GLOB", help: help + "; if given several times, all must match"
    ) { text throws(ValueError) in
      guard let match = FieldMatch(text) else { throw ValueError("is not of the form field=glob") }
      return match
    }
  }
}

extension Colours {
  /// The colours for standard output.
  static var ofOutput: Colours {
    Colours(
      isOn: areWanted(
        isTerminal: isatty(STDOUT_FILENO) == 1, noColor: variable("NO_COLOR"), terminal: variable("TERM")))
  }
}

/// An environment variable; nil if it isn't set.
private func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
