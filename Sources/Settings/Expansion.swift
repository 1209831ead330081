/// `${NAME}` in a text stands for an environment variable, `$${` for `${` itself.
struct Expansion: Equatable {
  /// The text with its variables replaced.
  var value: String
  /// The names of the variables.
  var variables: [String]

  /// Why a text can't be expanded.
  enum Problem: Error, Equatable {
    /// The variable isn't set.
    case unset(String)
    /// A `${` without a name and its `}`.
    case malformed
  }

  /// Replaces the variables in `text`.
  init(_ text: String, variable: (String) -> String?) throws(Problem) {
    value = ""
    variables = []
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      value += rest[..<dollar]
      rest = rest[dollar...]
      if rest.hasPrefix("$${") {
        value += "${"
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("${") {
        let name = rest.dropFirst(2).prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
        rest = rest.dropFirst(2 + name.count)
        guard let first = name.first, !first.isNumber, rest.first == "}" else { throw .malformed }
        rest = rest.dropFirst()
        guard let content = variable(String(name)) else { throw .unset(String(name)) }
        value += content
        variables.append(String(name))
      } else {
        value += "$"
        rest = rest.dropFirst()
      }
    }
    value += rest
  }

  /// A text that expands to `value`.
  static func escape(_ value: String) -> String {
    var escaped = ""
    var rest = value[...]
    while let dollar = rest.firstIndex(of: "$") {
      escaped += rest[..<dollar]
      rest = rest[dollar...]
      escaped += rest.hasPrefix("${") ? "$$" : "$"
      rest = rest.dropFirst()
    }
    return escaped + rest
  }
}
