import Foundation

/// The programs that were built beside the tests: `statusd`, or another one.
public enum Program {
  /// The path of `statusd`; `STATUSD_BINARY` names another one.
  public static let path: String = environment("STATUSD_BINARY") ?? path(of: "statusd")

  /// The path of another program.
  public static func path(of name: String) -> String {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent(name).path
  }

  /// Starts it. Variables that would change what it says (colours, journal, systemd) are taken out unless given.
  public static func start(
    _ arguments: [String], of program: String = path, environment added: [String: String?] = [:],
    directory: String? = nil
  ) throws -> Subprocess {
    var variables: [String: String?] = [
      "NO_COLOR": nil, "JOURNAL_STREAM": nil, "NOTIFY_SOCKET": nil, "WATCHDOG_USEC": nil,
    ]
    // Each process needs a profile of its own, or the last one that ends would be the only one that counts.
    if let folder = environment("STATUSD_PROFILES") { variables["LLVM_PROFILE_FILE"] = folder + "/statusd-%p.profraw" }
    return try Subprocess(program, arguments, environment: variables.merging(added) { $1 }, directory: directory)
  }

  /// Runs it to its end.
  public static func run(
    _ arguments: [String], of program: String = path, input: String = "", environment: [String: String?] = [:],
    within seconds: TimeInterval = 60
  ) throws -> (status: Subprocess.Status, output: String, errors: String) {
    let child = try start(arguments, of: program, environment: environment)
    if !input.isEmpty { try child.write(input) }
    try child.closeInput()
    let status = try child.waitForExit(within: seconds)
    return (status, child.output.text, child.errors.text)
  }
}
