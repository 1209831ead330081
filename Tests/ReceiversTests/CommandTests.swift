import Foundation
import Platform
import TestSupport
import Testing

@testable import Receivers

@Suite("Command", .waits)
struct CommandTests {
  private let folder: TemporaryDirectory
  private let stop = StopSource()

  init() throws {
    signal(SIGPIPE, SIG_IGN)
    folder = try TemporaryDirectory()
  }

  private func channel(
    _ script: String, _ arguments: [String] = [], path: String? = nil, limit: Duration = .seconds(60)
  ) throws -> CommandChannel {
    var options = try CommandChannel.Options(["/bin/sh", "-c", script, folder.path] + arguments, path: path)
    options.limit = limit
    return CommandChannel(options, stop: try StopSignal(stop.token))
  }

  private func file(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name)")))
  }

  @Test("gets the notification's JSON on standard input, whatever is in it")
  func input() throws {
    let channel = try channel("/bin/cat > \"$0/input\"")
    for odd in hostileTexts {
      let told = notification([transition(host: odd, summary: odd, labels: [(odd, odd)])], receiver: odd)
      #expect(channel.send(told) == .delivered())
      #expect(try file("input") == told.json + [0x0A])
    }
    let large = notification((0..<5000).map { transition(offset: Int64($0)) })
    #expect(channel.send(large) == .delivered())
    #expect(try file("input") == large.json + [0x0A])
  }

  @Test("has no environment, no other descriptor, its own group, plain signals, and no shell that reads its arguments")
  func surroundings() throws {
    let leak = open("/dev/null", O_RDONLY)
    defer { close(leak) }
    let script = """
      /bin/cat /proc/$$/environ > "$0/env"; printf . >> "$0/env"; /bin/ls /proc/$$/fd > "$0/fds"; /bin/cat /proc/$$/stat > "$0/stat"; pwd > "$0/pwd"
      /bin/grep SigIgn /proc/$$/status > "$0/signals"; printf %s "$1" > "$0/argument"; /bin/readlink /proc/$$/fd/1 > "$0/out"
      """
    #expect(try channel(script, ["$(reboot); {{host}}"]).send(notification([transition()])) == .delivered())
    // Foundation leaks memory when it reads an empty file: a point stands for nothing.
    #expect(text(try file("env")) == ".")
    #expect(text(try file("fds")).split(separator: "\n").filter { (Int($0) ?? 0) < 10 } == ["0", "1", "2"])
    #expect(text(try file("pwd")) == "/\n")
    let stat = text(try file("stat")).split(separator: " ")
    #expect(stat[0] == stat[4])
    // glibc's posix_spawn ignores 32 and 33, which are its own.
    let ignored = UInt64(text(try file("signals")).dropFirst("SigIgn:\t".count).dropLast(), radix: 16)
    #expect(ignored.map { $0 & ~0x1_8000_0000 } == 0)
    #expect(text(try file("argument")) == "$(reboot); {{host}}")
    let withPath = try channel("printf %s \"$PATH\" > \"$0/path\"", path: "/nowhere:/usr/bin")
    #expect(withPath.send(notification([transition()])) == .delivered())
    #expect(text(try file("path")) == "/nowhere:/usr/bin")
  }

  @Test("its exit status decides; standard error says why, on one line and bounded")
  func statuses() throws {
    let told = notification([transition()])
    #expect(try channel("exit 0").send(told) == .delivered())
    #expect(try channel("echo busy >&2; exit 75").send(told) == .later(reason: "exit status 75: busy"))
    #expect(try channel("exit 1").send(told) == .refused(reason: "exit status 1"))
    #expect(
      try channel("printf 'a\\n\\033[2J\\tb\\377' >&2; exit 3").send(told)
        == .refused(reason: "exit status 3: a \\u{1B}[2J b\u{FFFD}"))
    #expect(try channel("kill -SEGV $$").send(told) == .later(reason: "ended by signal 11"))
    let loud = try channel("/usr/bin/head -c 1000000 /dev/zero | /usr/bin/tr '\\0' x >&2; exit 4").send(told)
    #expect(loud == .refused(reason: "exit status 4: " + String(repeating: "x", count: 200)))
  }

  @Test("a program that doesn't read its input, or closes it, is no failure")
  func unread() throws {
    let large = notification((0..<5000).map { transition(offset: Int64($0)) })
    #expect(try channel("exec 0<&-; exit 0").send(large) == .delivered())
    #expect(try channel("exit 0").send(large) == .delivered())
  }

  @Test("what takes too long is ended, its children and what ignores SIGTERM, too")
  func tooLong() throws {
    let script = """
      trap '' TERM; /bin/sh -c 'trap "" TERM; echo $$ > "$0/child"; exec /bin/cat < "$0/never"' "$0" & wait
      while :; do /bin/cat < "$0/never"; done
      """
    try #require(mkfifo("\(folder.path)/never", 0o600) == 0)
    let channel = try channel(script, limit: .seconds(1))
    #expect(channel.send(notification([transition()])) == .later(reason: "no end within 1s"))
    let pid = try #require(pid_t(text(try file("child")).dropLast()))
    try waitUntilGone(pid)
  }

  @Test("what it leaves behind in its group ends with it")
  func leftBehind() throws {
    try #require(mkfifo("\(folder.path)/never", 0o600) == 0)
    let channel = try channel("/bin/cat < \"$0/never\" & echo $! > \"$0/child\"; exit 0")
    #expect(channel.send(notification([transition()])) == .delivered())
    let pid = try #require(pid_t(text(try file("child")).dropLast()))
    try waitUntilGone(pid)
  }

  @Test("a stop ends a run, and each later one")
  func stopped() throws {
    try #require(mkfifo("\(folder.path)/never", 0o600) == 0)
    let channel = try channel("echo x > \"$0/started\"; /bin/cat < \"$0/never\"", limit: .seconds(600))
    let started = "\(folder.path)/started"
    let stopper = try startThread(name: "stop") { [stop] in
      try? lookUntil { FileManager.default.fileExists(atPath: started) }
      stop.stop()
    }
    #expect(channel.send(notification([transition()])) == .later(reason: "statusd-forward stops"))
    stopper.join()
    #expect(FileManager.default.fileExists(atPath: started))
    #expect(channel.send(notification([transition()])) == .later(reason: "statusd-forward stops"))
  }

  @Test("a program that isn't there is tried later; one without an absolute path is refused")
  func missing() throws {
    let channel = CommandChannel(try CommandChannel.Options(["/nowhere/program"]), stop: try StopSignal(stop.token))
    #expect(
      channel.send(notification([transition()]))
        == .later(reason: "the program can't be started: posix_spawn: No such file or directory"))
    for arguments in [[], ["program"], ["/a", "b\u{0}"], Array(repeating: "/a", count: 101)] {
      #expect(throws: ReceiverProblem.self) { _ = try CommandChannel.Options(arguments) }
    }
    #expect(throws: ReceiverProblem.self) { _ = try CommandChannel.Options(["/a"], path: "\u{0}") }
  }

  /// Expects that it is killed and no longer running, if somebody has still to reap it. A killed process may need a
  /// moment to become a zombie.
  private func waitUntilGone(_ pid: pid_t) throws {
    try lookUntil(soon(.seconds(10))) {
      guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
      return ["Z", "X"].contains(stat.split(separator: ")").last?.dropFirst().first)
    }
  }
}
