import Foundation
import TestSupport
import Testing

/// A C compiler, which every machine that builds Swift has; nil if it is elsewhere.
private let cc = ["/usr/bin/cc", "/usr/bin/clang", "/usr/bin/gcc"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}

@Suite("the command line of statusd", .waits)
struct CommandLineTests {
  @Test(
    "help and version go to standard output, with status 0",
    arguments: [["--help"], ["--version"], ["help"], ["version"], ["help", "run"], ["run", "--help"]])
  func shows(arguments: [String]) throws {
    let (status, output, errors) = try Program.run(arguments)
    #expect(status == .exited(0))
    #expect(output.hasSuffix("\n"))
    #expect(errors == "")
  }

  @Test(
    "a wrong command line is reported on standard error, with status 64",
    arguments: [
      [], ["chekc"], ["run"], ["run", "--confg", "x"], ["check", "--config"], ["help", "nothing"], ["version", "x"],
    ])
  func misuse(arguments: [String]) throws {
    let (status, output, errors) = try Program.run(arguments)
    #expect(status == .exited(64))
    #expect(output == "")
    #expect(errors.hasPrefix("statusd"))
    #expect(errors.hasSuffix("for more information.\n"))
  }

  @Test("every command has help with an example, and is suggested for a typing mistake")
  func everyCommand() throws {
    let overall = try Program.run(["--help"]).output
    let list = overall.components(separatedBy: "Commands:\n")[1].components(separatedBy: "\n\n")[0]
    let names = list.split(separator: "\n").compactMap { line in
      line.hasPrefix("   ") ? nil : line.split(separator: " ").first.map(String.init)
    }
    #expect(names.contains("run") && names.contains("check"))
    for name in names {
      let help = try Program.run([name, "--help"]).output
      #expect(help.hasPrefix("Usage: statusd \(name)"))
      let examples = help.components(separatedBy: "\nExample")
      #expect(examples.count == 2 && examples[1].contains("statusd \(name)"))
      let slip = try Program.run([name + "x"])
      #expect(slip.errors.contains("did you mean '\(name)'"))
    }
  }

  @Test("the arguments are complete even if a library sets a variable before main runs", .enabled(if: cc != nil))
  func preloaded() throws {
    let directory = try TemporaryDirectory()
    let source = try directory.write(
      "#include <stdlib.h>\n__attribute__((constructor)) static void early(void) { setenv(\"EARLY\", \"1\", 1); }\n",
      to: "early.c")
    let library = directory.path + "/early.so"
    let compiler = try Subprocess(try #require(cc), ["-shared", "-fPIC", "-o", library, source])
    try #require(try compiler.waitForExit() == .exited(0), "\(compiler.errors.text)")
    let shown = try Program.run(["version"], environment: ["LD_PRELOAD": library])
    #expect(shown.status == .exited(0))
    #expect(shown.output.hasPrefix("statusd "), "\(shown.errors)")
  }
}

@Suite("statusd check", .waits)
struct CheckTests {
  private func check(_ text: String, _ arguments: String...) throws -> (
    status: Subprocess.Status, output: String, errors: String
  ) {
    let directory = try TemporaryDirectory()
    let file = try directory.write(text, to: "statusd.toml")
    return try Program.run(["check", "--config", file] + arguments)
  }

  @Test("a valid configuration is ok, without a broker")
  func ok() throws {
    let (status, output, errors) = try check("[kafka]\nbrokers = \"nowhere.invalid:9092\"\n")
    #expect(status == .exited(0))
    #expect(output == "ok\n")
    #expect(errors == "")
  }

  @Test("every mistake is reported with its place, and the status is 78")
  func mistakes() throws {
    let (status, output, errors) = try check(
      "[kafka]\nbrokers = 9092\n[agent]\nintervall = \"1s\"\ninterval = \"soon\"\n")
    #expect(status == .exited(78))
    #expect(output == "")
    let lines = errors.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(zip(lines, [":2:", ":4:", ":5:"]).allSatisfy { $0.contains("statusd.toml" + $1) })
  }

  @Test("a missing file counts as a mistake in the configuration")
  func missing() throws {
    let (status, _, errors) = try Program.run(["check", "--config", "/nowhere/statusd.toml"])
    #expect(status == .exited(78))
    #expect(errors.hasPrefix("/nowhere/statusd.toml: "))
  }

  @Test("the output of --print is itself a configuration, with masked secrets")
  func prints() throws {
    let (status, output, errors) = try check(
      """
      [kafka]
      brokers = "nowhere.invalid:9092"
      [kafka.sasl]
      mechanism = "PLAIN"
      username = "user"
      password = "hunter2"
      """, "--print")
    #expect(status == .exited(0))
    #expect(output.hasPrefix("# ok\n"))
    #expect(output.contains("interval = \"1s\""))
    #expect(!(output + errors).contains("hunter2"))
    #expect(try check(output).status == .exited(0))
  }
}
