/// The exit status of a command, with the numbers of sysexits(3).
public enum ExitCode: Int32, Sendable {
  /// The command succeeded.
  case ok = 0
  /// The command ran, and its answer is no: `statusd demo` saw no alert.
  case failed = 1
  /// The command line is wrong (`EX_USAGE`).
  case usage = 64
  /// The data to send is itself refused, so a retry can't help (`EX_DATAERR`).
  case data = 65
  /// An internal error of statusd (`EX_SOFTWARE`).
  case software = 70
  /// Standard output can't be written, or an input can't be read (`EX_IOERR`).
  case inputOutput = 74
  /// Something failed that may succeed on a retry: records not delivered (`EX_TEMPFAIL`).
  case temporary = 75
  /// The configuration is wrong (`EX_CONFIG`).
  case configuration = 78
}
