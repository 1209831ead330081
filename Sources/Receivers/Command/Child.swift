import Cglibc
import Glibc
import Platform

/// A started program: leader of a process group of its own, with nothing of ours but standard input and error.
struct Child: ~Copyable {
  /// How it ended.
  enum End: Equatable {
    case exited(Int32)
    case signalled(Int32)
    /// It was killed, since its time was over.
    case timedOut
    /// It was killed, since the stop token said stop.
    case stopped
  }

  /// What is kept of standard error; more is read and dropped.
  static let maxErrors = 4096
  /// From SIGTERM to SIGKILL, and from SIGKILL until nobody waits any longer.
  private static let grace = Duration.seconds(1)

  private let pid: pid_t
  /// Readable once the process has ended.
  private let ended: Int32
  private let input: Int32
  private let errors: Int32

  /// Starts `arguments[0]`. Standard output goes to /dev/null, the working directory is `/`, signals are as at a
  /// program's start.
  init(_ arguments: [String], environment: [String]) throws(SystemError) {
    var inputEnds: (Int32, Int32) = (-1, -1)
    var errorEnds: (Int32, Int32) = (-1, -1)
    guard statusd_pipe(&inputEnds.0, &inputEnds.1) == 0 else { throw SystemError(call: "pipe2") }
    guard statusd_pipe(&errorEnds.0, &errorEnds.1) == 0 else {
      let error = SystemError(call: "pipe2")
      Child.close(inputEnds.0, inputEnds.1)
      throw error
    }
    var pid: pid_t = 0
    let failed = Child.spawn(&pid, arguments, environment, input: inputEnds.0, errors: errorEnds.1)
    Child.close(inputEnds.0, errorEnds.1)
    let ended = failed == 0 ? statusd_pidfd(pid) : -1
    guard ended >= 0 else {
      let error = failed == 0 ? SystemError(call: "pidfd_open") : SystemError(call: "posix_spawn", code: failed)
      Child.close(inputEnds.1, errorEnds.0)
      if failed == 0 { Child.endGroup(pid) }
      throw error
    }
    for end in [inputEnds.1, errorEnds.0] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    self.pid = pid
    self.ended = ended
    input = inputEnds.1
    errors = errorEnds.0
  }

  /// Gives it `input`, and waits until it has ended or `limit` is over. Nothing of its process group is left then.
  consuming func run(input bytes: [UInt8], limit: Duration, stop: StopSignal) -> (end: End, errors: [UInt8]) {
    var pipes = ChildPipes(input: input, errors: errors, bytes: bytes)
    var deadline = SystemTime().monotonic + limit
    // Why it is being killed, and whether that was tried gently only.
    var killed: (end: End, isGentle: Bool)?
    defer { Child.close(ended, -1) }
    while true {
      let isStopped = pipes.wait(ended: ended, stop: killed == nil ? stop.fileDescriptor : -1, until: deadline)
      if pipes.hasEnded { break }
      let now = SystemTime().monotonic
      guard isStopped || now >= deadline else { continue }
      switch killed {
      case nil:
        killed = (isStopped ? .stopped : .timedOut, true)
        kill(-pid, SIGTERM)
      case (let end, true)?:
        killed = (end, false)
        kill(-pid, SIGKILL)
      case (let end, false)?:
        // The kernel can't end it now. Once it can, the process stays a zombie until ours ends.
        return (end, pipes.close())
      }
      deadline = now + Child.grace
    }
    let status = Child.endGroup(pid)
    let text = pipes.close()
    if let killed { return (killed.end, text) }
    return (status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signalled(status & 0x7F), text)
  }

  /// Kills what is left of the group, then reaps its leader, which kept the group's number taken. Returns its status.
  @discardableResult
  private static func endGroup(_ pid: pid_t) -> Int32 {
    kill(-pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status
  }

  private static func close(_ a: Int32, _ b: Int32) {
    for descriptor in [a, b] where descriptor >= 0 { _ = Glibc.close(descriptor) }
  }

  /// posix_spawn(3); returns its error number, 0 if the program runs.
  private static func spawn(
    _ pid: inout pid_t, _ arguments: [String], _ environment: [String], input: Int32, errors: Int32
  ) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    let failed = statusd_spawn_isolated(&actions)
    if failed != 0 { return failed }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
    return withCStrings(arguments) { arguments in
      guard let program = arguments[0] else { return ENOMEM }
      return withCStrings(environment) { posix_spawn(&pid, program, &actions, &attributes, arguments, $0) }
    }
  }

  private static func withCStrings<R>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
    let copies = strings.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    return body(copies + [nil])
  }
}
