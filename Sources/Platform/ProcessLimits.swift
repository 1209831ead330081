import Cglibc
import Glibc

/// How much of the machine this process may have.
public enum ProcessLimits {
  /// How many threads, `wanted` at most, could be started now beside those that run. Tries it, which takes a moment.
  public static func roomForThreads(_ wanted: Int) -> Int { Int(statusd_try_threads(Int32(clamping: wanted))) }

  /// Allows as many open files as the system lets this process allow itself.
  ///
  /// - Returns: how many those are in all; nil: there is no limit.
  public static func raiseOpenFiles() -> Int? {
    let limit = statusd_raise_files_limit()
    return limit < 0 ? nil : Int(limit)
  }

  /// How many threads and processes this user may have (RLIMIT_NPROC); nil: there is no limit.
  public static var userThreads: Int? {
    let limit = statusd_user_threads_limit()
    return limit < 0 ? nil : Int(limit)
  }

  /// How many threads and processes the control group of this process may have, and those above it: the least of
  /// their limits (`pids.max`, `TasksMax=` of systemd); nil: there is none, or it can't be read.
  ///
  /// - Parameters:
  ///   - proc: where /proc is.
  ///   - groups: where the file system of control groups (version 2) is.
  public static func groupThreads(proc: String = "/proc", groups: String = "/sys/fs/cgroup") -> Int? {
    guard let own = firstLine(of: proc + "/self/cgroup"), own.hasPrefix("0::/") else { return nil }
    var path = own.dropFirst("0::".count)
    var least: Int?
    while path != "" {
      if let limit = firstLine(of: groups + path + "/pids.max").flatMap({ Int($0) }) {
        least = min(least ?? limit, limit)
      }
      path = path.lastIndex(of: "/").map { path[..<$0] } ?? ""
    }
    return least
  }

  /// The line of a small file that begins it; nil: it can't be read.
  private static func firstLine(of path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(file, &bytes, bytes.count)
    guard count > 0 else { return nil }
    return String(decoding: bytes.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}
