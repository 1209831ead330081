/// How a command ends, for whoever started it; the numbers of sysexits(3).
public enum ExitCode: Int32, Sendable {
  /// All done.
  case ok = 0
  /// The command ran and its answer is no: `statusd demo` saw no alert.
  case failed = 1
  /// The command line is wrong (`EX_USAGE`).
  case usage = 64
  /// What was to be sent is refused for what it is, and no waiting mends it (`EX_DATAERR`).
  case data = 65
  /// An error of statusd's own (`EX_SOFTWARE`).
  case software = 70
  /// Standard output can't be written, or an input can't be read (`EX_IOERR`).
  case inputOutput = 74
  /// Something wasn't done that another try may do: records not delivered (`EX_TEMPFAIL`).
  case temporary = 75
  /// The configuration is wrong (`EX_CONFIG`).
  case configuration = 78
}
