/// A shell for which completions can be generated.
public enum Shell: String, CaseIterable, Sendable {
  case bash, zsh, fish
}

extension Program {
  /// The completion script for `shell`, generated from the declarations.
  public func completions(for shell: Shell) -> String {
    switch shell {
    case .bash: bashCompletions
    case .zsh: zshCompletions
    case .fish: fishCompletions
    }
  }

  private var bashCompletions: String {
    var cases = ""
    for command in commands {
      var values = ""
      for option in command.options where option.placeholder != nil {
        let names = ["--\(option.name)"] + (option.short.map { ["-\($0)"] } ?? [])
        values += "        \(names.joined(separator: "|"))) \(option.completion.bash); return ;;\n"
      }
      let names = command.allOptions.map { "--\($0.name)" }.joined(separator: " ")
      cases += "    \(command.name))\n"
      if !values.isEmpty { cases += "      case $previous in\n\(values)      esac\n" }
      cases += "      if [[ $word == -* ]]; then\n"
      cases += "        COMPREPLY=($(compgen -W '\(names)' -- \"$word\"))\n"
      cases += "      else\n"
      cases += "        \(command.operand?.completion.bash ?? ":")\n"
      cases += "      fi ;;\n"
    }
    return """
      # bash completion for \(name), made from its own declarations.
      _\(name)() {
        local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
        COMPREPLY=()
        # Readline breaks words at '=': of '--option=value' the '=' is a word of its own.
        if [[ $word == = ]]; then
          word=
        elif [[ $previous == = ]]; then
          previous=${COMP_WORDS[COMP_CWORD-2]}
        fi
        if ((COMP_CWORD == 1)); then
          COMPREPLY=($(compgen -W '\(commands.map(\.name).joined(separator: " ")) --help --version' -- "$word"))
          return
        fi
        case ${COMP_WORDS[1]} in
      \(cases)  esac
      }
      complete -F _\(name) \(name)

      """
  }

  private var zshCompletions: String {
    var cases = ""
    for command in commands {
      cases += "    \(command.name)) _arguments"
      for option in command.allOptions {
        let text = "[\(option.help.zshEscaped)]"
        let value = option.placeholder.map { ":\($0.zshEscaped):\(option.completion.zsh)" } ?? ""
        let equals = option.placeholder == nil ? "" : "="
        cases += " \\\n      " + "'*--\(option.name)\(equals)\(text)\(value)'"
        if let short = option.short {
          cases += " \\\n      " + "'*-\(short)\(text)\(value)'"
        }
      }
      if let operand = command.operand {
        cases += " \\\n      " + "'*:\(operand.placeholder.zshEscaped):\(operand.completion.zsh)'"
      }
      cases += " ;;\n"
    }
    let list = commands.map { "    '\($0.name):\($0.summary.zshEscaped)'\n" }.joined()
    return """
      #compdef \(name)
      # zsh completion for \(name), made from its own declarations.
      local -a commands
      if ((CURRENT == 2)); then
        commands=(
      \(list)  )
        _describe command commands
        _arguments '--help[show this help and exit]' '--version[show the version and exit]'
        return
      fi
      local command=$words[2]
      shift words
      ((CURRENT--))
      case $command in
      \(cases)esac

      """
  }

  private var fishCompletions: String {
    var text = "# fish completion for \(name), made from its own declarations.\n"
    text += "complete -c \(name) -f\n"
    text += "complete -c \(name) -n __fish_use_subcommand -l help -s h -d 'show this help and exit'\n"
    text += "complete -c \(name) -n __fish_use_subcommand -l version -s V -d 'show the version and exit'\n"
    for command in commands {
      text +=
        "complete -c \(name) -n __fish_use_subcommand -a \(command.name) -d '\(command.summary.fishEscaped)'\n"
      let here = "complete -c \(name) -n '__fish_seen_subcommand_from \(command.name)'"
      for option in command.allOptions {
        let short = option.short.map { " -s \($0)" } ?? ""
        let value = option.placeholder == nil ? "" : option.completion.fish
        text += "\(here) -l \(option.name)\(short)\(value) -d '\(option.help.fishEscaped)'\n"
      }
      if case .words(let words)? = command.operand?.completion {
        text += "\(here) -a '\(words.joined(separator: " "))'\n"
      }
      if command.operand?.completion == .files { text += "\(here) -F\n" }
    }
    return text
  }
}

extension Completion {
  fileprivate var bash: String {
    switch self {
    case .nothing: ":"
    case .files: "compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$word\"))"
    case .words(let words): "COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$word\"))"
    }
  }

  fileprivate var zsh: String {
    switch self {
    case .nothing: " "
    case .files: "_files"
    case .words(let words): "(\(words.joined(separator: " ")))"
    }
  }

  fileprivate var fish: String {
    switch self {
    case .nothing: " -x"
    case .files: " -r -F"
    case .words(let words): " -x -a '\(words.joined(separator: " "))'"
    }
  }
}

extension String {
  /// Escaped for zsh: for single quotes inside `_arguments`' brackets and colons.
  fileprivate var zshEscaped: String { escaping("[]:\\").singleQuoted }

  /// Escaped for fish's single quotes, in which backslash and quote need a backslash.
  fileprivate var fishEscaped: String { escaping("'\\") }

  private var singleQuoted: String {
    var result = ""
    for character in self { result += character == "'" ? "'\\''" : String(character) }
    return result
  }

  private func escaping(_ special: String) -> String {
    var result = ""
    for character in self { result += special.contains(character) ? "\\\(character)" : String(character) }
    return result
  }
}
