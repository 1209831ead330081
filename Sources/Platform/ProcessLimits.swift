import Cglibc
import Glibc

/// The resource limits of this process.
public enum ProcessLimits {
  /// The number of additional threads, up to `wanted`, that can be started now. It starts them to find out, which takes
  /// a moment.
  public static func roomForThreads(_ wanted: Int) -> Int { Int(statusd_try_threads(Int32(clamping: wanted))) }

  /// Raises the soft limit of open files to the hard limit (RLIMIT_NOFILE).
  ///
  /// - Returns: the limit now in force; nil if there is none.
  public static func raiseOpenFiles() -> Int? {
    let limit = statusd_raise_files_limit()
    return limit < 0 ? nil : Int(limit)
  }

  /// The limit of threads and processes for this user (RLIMIT_NPROC); nil if there is none.
  public static var userThreads: Int? {
    let limit = statusd_user_threads_limit()
    return limit < 0 ? nil : Int(limit)
  }

  /// The limit of threads and processes for this process's control group: the least of its own and its ancestors'
  /// `pids.max` (systemd's `TasksMax=`). nil if there is none, or it can't be read.
  ///
  /// - Parameters:
  ///   - proc: the mount point of procfs.
  ///   - groups: the mount point of the control group file system (version 2).
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

  /// The first line of a small file; nil if it can't be read.
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
