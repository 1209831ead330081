import Cglibc
import Glibc

/// The descriptors 0 to 2 of this process.
public enum StandardDescriptors {
  /// Makes sure that descriptors 0 to 2 are open and that writing to them can't kill the process. Call it first in
  /// `main`.
  ///
  /// If one of them were closed, the next file opened would get its number, and output meant for a terminal could end
  /// up in an eventfd. So each closed one gets a placeholder, for which read(2) and write(2) fail with EBADF as before.
  /// SIGPIPE and SIGXFSZ are ignored: a lost reader and a file size limit become errors of write(2).
  public static func secure() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // open(2) returns the lowest free number, which is this one. The root directory exists in every chroot, /dev/null
      // may not.
      _ = statusd_open_placeholder()
    }
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Whether `descriptor` was opened for writing.
  public static func takesWrites(_ descriptor: Int32) -> Bool {
    let flags = fcntl(descriptor, F_GETFL)
    return flags >= 0 && flags & statusd_o_path == 0 && flags & O_ACCMODE != O_RDONLY
  }
}
