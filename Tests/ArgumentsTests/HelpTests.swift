import Arguments
import Testing

@Suite("Help and man page")
struct HelpTests {
  @Test("a command's help has its usage, options and examples")
  func command() throws {
    let tail = try #require(Sample.program.command(named: "tail"))
    #expect(
      Sample.program.help(for: tail) == """
        Usage: prog tail [--topic NAME] [--follow] [--quiet] [--format pretty|json]
                         [--count N] [--for DURATION] [--rate N]

        Follow a topic.

        It goes on until it is interrupted.

        Options:
          -t, --topic NAME          the topic that is followed
          -f, --follow              go on at the end
          -q, --quiet               say less: it's [quiet] at 100%
              --format pretty|json  how records are shown
              --count N             how many
              --for DURATION        how long
              --rate N              how fast
          -h, --help                show this help and exit

        Examples:
          prog tail -f
              follow
          prog tail --format json | jq
              pick\\choose

        """)
  }

  @Test("required options have no brackets")
  func usage() throws {
    let run = try #require(Sample.program.command(named: "run"))
    #expect(Sample.program.help(for: run).hasPrefix("Usage: prog run --config FILE\n"))
    let forget = try #require(Sample.program.command(named: "forget"))
    #expect(Sample.program.help(for: forget).hasPrefix("Usage: prog forget [--follow] HOST...\n"))
    let load = try #require(Sample.program.command(named: "load"))
    #expect(Sample.program.help(for: load).hasPrefix("Usage: prog load [FILE]\n"))
  }

  @Test("the overall help lists every command and fits a terminal of 80 columns")
  func overall() {
    let lines = Sample.program.help.split(separator: "\n")
    for command in Sample.program.commands {
      #expect(lines.contains { $0.hasPrefix("  \(command.name) ") && $0.hasSuffix(command.summary) })
    }
    #expect(lines.allSatisfy { $0.count <= 80 })
  }

  @Test("the man page has every section, command, option, example and status")
  func manPage() {
    let page = Sample.program.manPage(date: "2026-11-22")
    #expect(page.hasPrefix(#".TH "PROG" "1" "2026\-11\-22" "prog 1.2.3" "User Commands""# + "\n"))
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "EXIT STATUS", "ENVIRONMENT", "FILES"] {
      #expect(page.contains(".SH \"\(section)\"\n"))
    }
    for command in Sample.program.commands { #expect(page.contains(".SS \"prog \(command.name)")) }
    #expect(page.contains(#".B "\-t, \-\-topic NAME""# + "\nThe topic that is followed.\n"))
    #expect(page.contains(".B \"64\"\nThe command line is wrong.\n"))
  }

  @Test("characters that roff would interpret are escaped")
  func escapes() {
    let page = Sample.program.manPage(date: "")
    #expect(page.contains("\\&'Two'.\n"))
    #expect(page.contains(#"Pick\echoose:"#))
    #expect(page.split(separator: "\n").allSatisfy { !$0.hasPrefix("'") })
  }
}
