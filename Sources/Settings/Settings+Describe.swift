import Platform
import Rules
import Streams

extension Settings {
  /// The settings as a configuration file, for `check --print`: every key with the value in effect. Of secrets it shows
  /// the variable or file that they come from, or a mask. It loads again to the same settings, except for masked
  /// secrets.
  public func describe() -> String {
    var text = ""
    for table in Key.tables {
      let lines = Key.all.filter { $0.table == table }.compactMap { key in
        key.value(self).map { "\(key.name) = \(Settings.written($0))\n" }
      }
      let isThere = table == "kafka.tls" ? kafka.tls != nil : !lines.isEmpty
      if isThere { text += "[\(table)]\n\(lines.joined())\n" }
      if table == "kafka.tls", !kafka.properties.isEmpty { text += properties() + "\n" }
    }
    return text
      + (streams.map(Settings.written) + rules.map(Settings.written) + receivers.map(Settings.written)).joined(
        separator: "\n")
  }

  /// The names of the settings that `program` uses, differ in `new`, and need a restart to take effect. Rules, and keys
  /// with `reloads`, don't.
  public func changesThatNeedRestart(to new: Settings, of program: Program = .statusd) -> [String] {
    var names: [String] = []
    for key in Key.all where !key.reloads && key.isUsed(by: program) && key.value(self) != key.value(new) {
      names.append(key.path)
    }
    if (kafka.tls == nil) != (new.kafka.tls == nil) { names.append("kafka.tls") }
    let properties = Dictionary(kafka.properties.map { ($0.name, $0.value) }) { $1 }
    let others = Dictionary(new.kafka.properties.map { ($0.name, $0.value) }) { $1 }
    for name in Set(properties.keys).union(others.keys).sorted() where properties[name] != others[name] {
      names.append("kafka.properties.\(name)")
    }
    return names
  }

  private func properties() -> String {
    kafka.properties.reduce(into: "[kafka.properties]\n") { text, property in
      let value =
        switch property.value {
        case .plain(let value): Settings.quoted(Expansion.escape(value))
        case .secret(let secret): Settings.written(.secret(secret))
        }
      text += "\(Settings.quoted(property.name)) = \(value)\n"
    }
  }

  /// A value as TOML.
  static func written(_ value: Key.Written) -> String {
    switch value {
    case .text(let text): quoted(Expansion.escape(text))
    // Texts of a list have no variables.
    case .texts(let texts): "[\(texts.map(quoted).joined(separator: ", "))]"
    case .integer(let number): String(number)
    case .boolean(let boolean): boolean ? "true" : "false"
    case .duration(let duration): quoted(duration.text)
    case .size(let bytes): quoted(Units.text(bytes: bytes))
    case .tags(let tags): inlineTable(tags.map { (quotedKey($0.name), quoted(Expansion.escape($0.value))) })
    case .secret(let secret):
      switch secret.origin {
      case .literal: quoted(Secret.mask)
      case .variables(let text): quoted(text)
      case .file(let path): quoted(Expansion.escape(path))
      }
    }
  }

  private static func written(_ rule: Rule) -> String {
    let lines = RuleKey.printed.compactMap { key in key.written(of: rule).map { "\(key.name) = \($0)\n" } }
    return "[[rule]]\n" + lines.joined()
  }

  private static func written(_ stream: StreamDefinition) -> String {
    "[[stream]]\n" + StreamKey.allCases.map { $0.written(of: stream) }.joined()
  }

  private static func written(_ receiver: ReceiverSettings) -> String {
    "[[receiver]]\n" + ReceiverKey.allCases.map { $0.written(of: receiver) }.joined()
  }

  /// An inline table of TOML; the names and values are TOML already.
  static func inlineTable(_ entries: [(name: String, value: String)]) -> String {
    "{ \(entries.map { "\($0.name) = \($0.value)" }.joined(separator: ", ")) }"
  }

  /// A key of TOML.
  static func quotedKey(_ text: String) -> String {
    let isBare = text.utf8.allSatisfy { byte in
      let character = Character(UnicodeScalar(byte))
      return byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        || character.isASCII && (character.isLetter || character.isNumber)
    }
    return isBare && !text.isEmpty ? text : quoted(text)
  }

  /// A basic string of TOML.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case _ where scalar.isControl:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
