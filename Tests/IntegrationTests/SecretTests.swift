import Foundation
import TestSupport
import Testing

@Suite("secrets stay secret", .serialized, .waits)
struct SecretTests {
  private static let secret = "S3cret-\(uniqueName())"

  /// Every way to put a secret into a configuration, by name. There is no broker.
  private static let configurations: [(name: String, text: String)] = [
    (
      "typed",
      """
      [kafka]
      brokers = "127.0.0.1:1"
      [kafka.sasl]
      mechanism = "PLAIN"
      username = "agent"
      password = "\(secret)"
      [kafka.tls]
      [kafka.properties]
      "ssl.key.password" = "\(secret)-key"
      "debug" = "all"
      [log]
      level = "debug"
      """
    ),
    (
      "as properties, one of them misspelt",
      """
      [kafka]
      brokers = "127.0.0.1:1"
      [kafka.properties]
      "security.protocol" = "SASL_PLAINTEXT"
      "sasl.mechanism" = "PLAIN"
      "sasl.username" = "agent"
      "sasl.password" = "\(secret)"
      "sasl.pasword" = "\(secret)"
      """
    ),
    (
      "in a variable",
      """
      [kafka]
      brokers = "127.0.0.1:1"
      [kafka.sasl]
      mechanism = "PLAIN"
      username = "agent"
      password = "${WEB1_SECRET}"
      [kafka.properties]
      "debug" = "all"
      [log]
      level = "debug"
      """
    ),
    (
      "in a file",
      """
      [kafka]
      brokers = "127.0.0.1:1"
      [kafka.sasl]
      mechanism = "PLAIN"
      username = "agent"
      password_file = "password"
      [log]
      level = "debug"
      """
    ),
  ]

  @Test("no command's output contains the password", arguments: configurations)
  func leaks(_ configuration: (name: String, text: String)) throws {
    let directory = try TemporaryDirectory()
    try directory.write(Self.secret + "\n", to: "password")
    let file = try directory.write(configuration.text + "\n", to: "statusd.toml")
    let environment = ["WEB1_SECRET": Self.secret]
    func expectSilence(_ child: Subprocess, _ command: String) {
      let said = child.output.text + child.errors.text
      #expect(!said.contains(Self.secret), "\(command): \(said.suffix(2000))")
    }
    let check = try Program.start(["check", "--config", file, "--print"], environment: environment)
    try check.waitForExit()
    expectSilence(check, "check")
    for role in ["agent", "evaluator"] {
      let daemon = try Program.start(["run", "--config", file, "--role", role], environment: environment)
      // Waits until it has tried to connect, or has refused the configuration.
      _ = try? daemon.waitForLine(on: \.errors, within: 20) { $0.contains("refused") || $0.contains("mistake") }
      expectSilence(daemon, "run \(role)")
      // A process that refuses the configuration may be gone by now.
      let arguments = try? String(contentsOfFile: "/proc/\(daemon.processIdentifier)/cmdline", encoding: .utf8)
      #expect(arguments?.contains(Self.secret) != true)
      daemon.signal(SIGTERM)
      try daemon.waitForExit(within: 20)
      expectSilence(daemon, "run \(role)")
    }
    let tail = try Program.start(["tail", "--config", file, "--exit-after", "1"], environment: environment)
    _ = try? tail.waitForLine(on: \.errors, within: 5) { !$0.isEmpty }
    tail.signal(SIGTERM)
    try tail.waitForExit(within: 20)
    expectSilence(tail, "tail")
  }

  @Test("a misspelt property is reported at its place with a suggestion")
  func misspelt() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(Self.configurations[1].text + "\n", to: "statusd.toml")
    let (status, output, errors) = try Program.run(["check", "--config", file])
    #expect(status == .exited(78))
    let line = (output + errors).split(separator: "\n").first { $0.contains("sasl.pasword") }
    #expect(line?.hasPrefix("\(file):8:") == true)
    #expect(line?.contains("did you mean 'sasl.password'") == true)
  }
}
