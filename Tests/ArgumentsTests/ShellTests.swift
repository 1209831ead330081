import Arguments
import Foundation
import TestSupport
import Testing

@Suite("Completions")
struct ShellTests {
  /// Bash's completions of the last of these words.
  private func bash(_ words: String...) throws -> [String] {
    let quoted = words.map { "'\($0)'" }.joined(separator: " ")
    let script = """
      \(Sample.program.completions(for: .bash))
      COMP_WORDS=(\(quoted)) COMP_CWORD=\(words.count - 1)
      _prog
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let child = try Subprocess("/bin/bash", ["-c", script])
    let status = try child.waitForExit(within: 30)
    #expect(status == .exited(0))
    #expect(child.errors.text == "")
    return child.output.text.split(separator: "\n").map(String.init)
  }

  @Test("bash completes commands, options and values")
  func bash() throws {
    #expect(try bash("prog", "ta") == ["tail"])
    #expect(try bash("prog", "") == ["run", "tail", "forget", "load", "--help", "--version"])
    #expect(try bash("prog", "tail", "--fo") == ["--follow", "--format", "--for"])
    #expect(try bash("prog", "tail", "--format", "") == ["pretty", "json"])
    #expect(try bash("prog", "tail", "--format", "=") == ["pretty", "json"])
    #expect(try bash("prog", "tail", "--format", "=", "j") == ["json"])
    #expect(try bash("prog", "tail", "--topic", "") == [])
    #expect(try bash("prog", "forget", "w") == ["web-1", "web-2"])
    #expect(try bash("prog", "run", "--config", "/etc/passw").contains("/etc/passwd"))
    #expect(try bash("prog", "load", "/etc/passw").contains("/etc/passwd"))
    #expect(try bash("prog", "nothing", "") == [])
  }

  @Test("zsh and fish know every command and option")
  func others() {
    let zsh = Sample.program.completions(for: .zsh)
    let fish = Sample.program.completions(for: .fish)
    #expect(zsh.hasPrefix("#compdef prog\n"))
    for command in Sample.program.commands {
      #expect(zsh.contains("'\(command.name):"))
      #expect(fish.contains("-a \(command.name) "))
      for option in command.options {
        #expect(zsh.contains("--\(option.name)"))
        #expect(fish.contains("-l \(option.name)"))
      }
    }
    #expect(zsh.contains(#"it'\''s \[quiet\]"#))
    #expect(fish.contains(#"it\'s [quiet]"#))
  }

  @Test("zsh and fish accept their completions, if installed", arguments: [Shell.zsh, .fish])
  func syntax(shell: Shell) throws {
    let path = "/usr/bin/\(shell.rawValue)"
    guard FileManager.default.isExecutableFile(atPath: path) else { return }
    let file = NSTemporaryDirectory() + "completions-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: file) }
    try Sample.program.completions(for: shell).write(toFile: file, atomically: true, encoding: .utf8)
    let child = try Subprocess(path, ["-n", file])
    #expect(try child.waitForExit(within: 30) == .exited(0))
    #expect(child.errors.text == "")
  }
}
