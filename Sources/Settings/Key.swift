import Platform
import Records

/// One key of the file outside the rules: its table, how it is read, and how its value is written.
struct Key: Sendable {
  /// `kafka.sasl`
  var table: String
  /// `mechanism`
  var name: String
  /// Whether a reload applies a change of it.
  var reloads = false
  /// Reads the value at the named value into the settings, or complains.
  var read: @Sendable (NamedValue, inout Settings) -> Void
  /// The value in the settings; nil if the key is left out.
  var value: @Sendable (Settings) -> Written?

  /// `kafka.sasl.mechanism`
  var path: String { "\(table).\(name)" }

  /// Whether a program uses it.
  func isUsed(by program: Settings.Program) -> Bool {
    switch program {
    case .statusd: !Key.ofForwarder.contains(path)
    case .forwarder: Key.ofForwarder.contains(path) || Key.ofBoth.contains(path) || table.hasPrefix("kafka")
    }
  }

  /// A value as it is written into a file. Secrets compare by value and are never shown.
  enum Written: Equatable, Sendable {
    case text(String)
    case texts([String])
    case integer(Int64)
    case boolean(Bool)
    case duration(Duration)
    case size(Int64)
    case tags([StatusRecord.Tag])
    case secret(Secret)
  }
}

extension Key {
  /// A text; `problem` returns what is wrong with it, or nil.
  static func text(
    _ table: String, _ name: String, _ path: WritableKeyPath<Settings, String> & Sendable,
    problem: @escaping @Sendable (String) -> String?
  ) -> Key {
    Key(
      table: table, name: name,
      read: { place, settings in
        if let text = place.text(problem: problem) { settings[keyPath: path] = text }
      },
      value: { .text($0[keyPath: path]) })
  }

  /// A duration within `range`.
  static func duration(
    _ table: String, _ name: String, _ path: WritableKeyPath<Settings, Duration> & Sendable,
    _ range: ClosedRange<Duration>, reloads: Bool = false
  ) -> Key {
    Key(
      table: table, name: name, reloads: reloads,
      read: { place, settings in
        if let duration = place.duration(range) { settings[keyPath: path] = duration }
      },
      value: { .duration($0[keyPath: path]) })
  }

  /// One word of several.
  static func choice<Choice: Equatable & Sendable>(
    _ table: String, _ name: String, _ path: WritableKeyPath<Settings, Choice> & Sendable,
    _ choices: [(word: String, choice: Choice)], reloads: Bool = false
  ) -> Key {
    Key(
      table: table, name: name, reloads: reloads,
      read: { place, settings in
        if let word = place.word(of: choices.map(\.word)),
          let choice = choices.first(where: { $0.word == word })?.choice
        {
          settings[keyPath: path] = choice
        }
      },
      value: { settings in
        choices.first { $0.choice == settings[keyPath: path] }.map { .text($0.word) }
      })
  }

  /// `true` or `false`.
  static func boolean(_ table: String, _ name: String, _ path: WritableKeyPath<Settings, Bool> & Sendable) -> Key {
    Key(
      table: table, name: name,
      read: { place, settings in
        if let boolean = place.boolean() { settings[keyPath: path] = boolean }
      },
      value: { .boolean($0[keyPath: path]) })
  }
}
