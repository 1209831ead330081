import Foundation
import Glibc
import Synchronization

/// A program that a test started: what it says is kept as it comes, and can be waited for. It is killed when the last
/// reference goes.
public final class Subprocess: @unchecked Sendable {
  /// How it ended.
  public enum Status: Equatable, Sendable {
    /// By itself, with this code.
    case exited(Int32)
    /// By this signal.
    case signalled(Int32)
  }

  /// A wait that took too long, with all that was said until then.
  public struct TookTooLong: Error, CustomStringConvertible {
    /// What was waited for, and what was said instead.
    public let description: String

    /// A wait for this.
    public init(description: String) { self.description = description }
  }

  /// What it wrote to standard output.
  public let output: ChildOutput
  /// What it wrote to standard error.
  public let errors: ChildOutput
  /// Its process number.
  public let processIdentifier: pid_t

  private let input: FileHandle
  private let ending: Ending

  /// Starts `program` with `arguments`. `environment` is added to the test's own; a value of nil takes a variable out.
  /// Standard input is a pipe that `write` feeds.
  public init(
    _ program: String, _ arguments: [String] = [], environment added: [String: String?] = [:], directory: String? = nil
  ) throws {
    let command = (directory.map { ["/usr/bin/env", "-C", $0] } ?? []) + [program] + arguments
    let variables = ProcessInfo.processInfo.environment.merging(added.compactMapValues { $0 }) { $1 }
      .filter { added[$0.key] != .some(nil) }.map { "\($0.key)=\($0.value)" }
    let spawned = try Self.spawning.withLock { _ in try Self.spawn(command, variables) }
    processIdentifier = spawned.pid
    input = FileHandle(fileDescriptor: spawned.input, closeOnDealloc: true)
    output = ChildOutput(spawned.output)
    errors = ChildOutput(spawned.errors)
    ending = Ending(of: spawned.pid)
  }

  deinit { ending.signal(SIGKILL) }

  /// One at a time: no child may inherit an end of another's pipe between its making and its mark as close-on-exec.
  private static let spawning = Mutex(())

  private static func spawn(
    _ command: [String], _ variables: [String]
  ) throws -> (pid: pid_t, input: Int32, output: Int32, errors: Int32) {
    let (inputRead, inputWrite) = try pipe()
    let (outputRead, outputWrite) = try pipe()
    let (errorsRead, errorsWrite) = try pipe()
    defer { for end in [inputRead, outputWrite, errorsWrite] { close(end) } }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, inputRead, 0)
    posix_spawn_file_actions_adddup2(&actions, outputWrite, 1)
    posix_spawn_file_actions_adddup2(&actions, errorsWrite, 2)

    // A test runner may have blocked or ignored signals that the program lives by.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var pid: pid_t = 0
    let result = withCStrings(command) { arguments in
      withCStrings(variables) { posix_spawn(&pid, command[0], &actions, &attributes, arguments, $0) }
    }
    guard result == 0 else {
      for end in [inputWrite, outputRead, errorsRead] { close(end) }
      throw Broker.Failure(description: "\(command[0]): \(String(cString: strerror(result)))")
    }
    return (pid, inputWrite, outputRead, errorsRead)
  }

  /// Sends it a signal, where it still runs.
  public func signal(_ number: Int32) { ending.signal(number) }

  /// Writes to its standard input.
  public func write(_ text: String) throws { try input.write(contentsOf: Data(text.utf8)) }

  /// Ends its standard input.
  public func closeInput() throws { try input.close() }

  /// Waits until it ended and everything it wrote was read.
  @discardableResult
  public func waitForExit(within seconds: TimeInterval = 60) throws -> Status {
    guard let status = ending.wait(until: Date(timeIntervalSinceNow: seconds)) else {
      throw tookTooLong("its end", seconds)
    }
    // Its own children may hold the pipes open; they aren't waited for long.
    output.waitForEnd(until: Date(timeIntervalSinceNow: 1))
    errors.waitForEnd(until: Date(timeIntervalSinceNow: 1))
    return status
  }

  /// CPU seconds, user and system, once it has ended.
  public var cpuSeconds: Double { ending.cpuSeconds }

  /// Waits for a line of standard output (or standard error) that `matches`, beginning after the first `skipping` lines.
  @discardableResult
  public func waitForLine(
    on stream: KeyPath<Subprocess, ChildOutput> = \.output, skipping: Int = 0, within seconds: TimeInterval = 60,
    where matches: (String) -> Bool
  ) throws -> String {
    guard
      let line = self[keyPath: stream].line(
        skipping: skipping, until: Date(timeIntervalSinceNow: seconds), where: matches)
    else { throw tookTooLong("a line", seconds) }
    return line
  }

  /// Waits for a line with `text` in it.
  @discardableResult
  public func waitForLine(
    containing text: String, on stream: KeyPath<Subprocess, ChildOutput> = \.output, within seconds: TimeInterval = 60
  ) throws -> String {
    guard
      let line = self[keyPath: stream].line(until: Date(timeIntervalSinceNow: seconds), where: { $0.contains(text) })
    else { throw tookTooLong("a line with “\(text)”", seconds) }
    return line
  }

  private func tookTooLong(_ what: String, _ seconds: TimeInterval) -> TookTooLong {
    TookTooLong(
      description:
        "waited \(seconds) s for \(what)\n-- output\n\(output.text.suffix(4000))\n-- errors\n\(errors.text.suffix(4000))"
    )
  }

  private static func pipe() throws -> (Int32, Int32) {
    var ends: [Int32] = [0, 0]
    guard Glibc.pipe(&ends) == 0 else { throw Broker.Failure(description: String(cString: strerror(errno))) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func withCStrings<R>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
    let copies = strings.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    return body(copies + [nil])
  }
}
