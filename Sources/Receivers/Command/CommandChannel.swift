import Platform

/// Runs a program for each notification, with `Notification.json` on its standard input. No shell takes part.
public final class CommandChannel: Channel {
  /// A command as configured.
  public struct Options: Sendable {
    /// The program's absolute path, then its arguments.
    public let arguments: [String]
    /// The variable `PATH`, the only one; nil for an empty environment.
    public let path: String?
    /// The time for one run. Then the program's process group gets SIGTERM, a second later SIGKILL.
    public var limit = Duration.seconds(30)

    /// Checks both: 1 to 100 arguments of at most 64 KiB, the first an absolute path, no zero bytes.
    public init(_ arguments: [String], path: String? = nil) throws(ReceiverProblem) {
      guard (1...100).contains(arguments.count), arguments.reduce(0, { $0 + $1.utf8.count }) <= 65_536 else {
        throw ReceiverProblem("a command is a program and at most 99 arguments, together at most 64 KiB")
      }
      guard arguments[0].hasPrefix("/") else {
        throw ReceiverProblem("the program must be an absolute path: no shell looks for it")
      }
      guard !(arguments + [path ?? ""]).contains(where: { $0.utf8.contains(0) }) else {
        throw ReceiverProblem("a command and its path have no zero bytes")
      }
      self.arguments = arguments
      self.path = path
    }
  }

  private let options: Options
  private let stop: StopSignal
  private let slots: CommandSlots

  /// The exit status with which a program asks to be run again later (`EX_TEMPFAIL` of sysexits.h).
  private static let tryLater: Int32 = 75

  /// A channel that ends its runs when `stop` says so. A run waits for a place in `slots`; its time begins then.
  public init(_ options: Options, stop: StopSignal, slots: CommandSlots = CommandSlots()) {
    self.options = options
    self.stop = stop
    self.slots = slots
  }

  /// One run. Status 0 means delivered, 75 later, any other refused, with the beginning of standard error. Later is also
  /// what a program gets that can't be started, takes too long, or is ended by a signal.
  public func send(_ notification: Notification) -> SendOutcome {
    guard slots.take(unless: stop) else { return .later(reason: "statusd-forward stops") }
    defer { slots.give() }
    let child: Child
    do {
      child = try Child(options.arguments, environment: options.path.map { ["PATH=\($0)"] } ?? [])
    } catch {
      return .later(reason: "the program can't be started: \(error)")
    }
    let run = child.run(input: notification.json + [0x0A], limit: options.limit, stop: stop)
    switch run.end {
    case .exited(0): return .delivered()
    case .exited(CommandChannel.tryLater):
      return .later(reason: Excerpt.appended(to: "exit status \(CommandChannel.tryLater)", run.errors))
    case .exited(let status): return .refused(reason: Excerpt.appended(to: "exit status \(status)", run.errors))
    case .signalled(let signal): return .later(reason: Excerpt.appended(to: "ended by signal \(signal)", run.errors))
    case .timedOut: return .later(reason: "no end within \(options.limit.text)")
    case .stopped: return .later(reason: StopSignal.reason)
    }
  }
}
