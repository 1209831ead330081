import Arguments
import Backtest
import Console
import Platform
import Programs
import Records
import Settings

/// `statusd test`: unit tests of rules.
enum Test: Subcommand {
  private static let verbose = Flag("verbose", short: "v", help: "show the transitions of tests that pass, too")

  static var command: Command {
    Command(
      name: "test",
      summary: "run unit tests of rules",
      description: [
        "Each file holds tests in TOML: series of samples in a compact notation, and all expected transitions, "
          + "each with its time. The rules are in a configuration that the file names, or in the file "
          + "itself. They are evaluated as by 'statusd run'; no broker is needed.",
        "For a failed test all transitions are shown: '-' marks a missing one, '+' one that wasn't expected, '~' one "
          + "that differs, with the differences. The status is then 1; it is 78 if a file has a mistake.",
      ],
      options: [verbose],
      operand: .init("FILE", count: 1...1000, completion: .files),
      examples: [.init("statusd test rules-tests.toml", "show which tests pass, and how the others fail")])
  }

  static func run(_ given: Parsed) throws -> ExitCode {
    var files: [RuleTests] = []
    var isGood = true
    for path in given.operands {
      let loaded = RuleTests.load(path: path)
      printError(loaded.complaints.map { "\($0)\n" }.joined())
      if let tests = loaded.tests { files.append(tests) } else { isGood = false }
    }
    if !isGood { return .configuration }
    var failed = 0
    var count = 0
    for file in files {
      for test in file.tests {
        let run = RuleTestRun(test)
        count += 1
        if !run.isMet { failed += 1 }
        try printOut(text(of: run, in: file.file, showsAll: given[verbose]))
      }
    }
    let end = failed == 0 ? "\(counted(count, "test")) passed\n" : "\(failed) of \(counted(count, "test")) failed\n"
    try printOut(end)
    return failed == 0 ? .ok : .failed
  }

  private static func text(of run: RuleTestRun, in file: String, showsAll: Bool) -> String {
    let name = Printable.text(run.test.name)
    if run.isMet, !showsAll { return "ok      \(name)\n" }
    let place = "\(Printable.text(file)):\(run.test.position.line):\(run.test.position.column)"
    return (run.isMet ? "ok      \(name)\n" : "FAILED  \(name)  (\(place))\n") + run.table
  }
}
