import Cglibc
import Glibc

/// The descriptors 0 to 2 of this process.
public enum StandardDescriptors {
  /// First of all in `main`: makes sure that standard input, output and error mean nothing else, and that writing to them
  /// ends nobody.
  ///
  /// Where one of them is closed, the next file that is opened would get its number, and what is meant for a terminal
  /// would go into an eventfd. So each that is closed gets a place holder, for which read(2) and write(2) fail with EBADF
  /// as before. A reader that has gone (SIGPIPE) and a file that may not grow (SIGXFSZ) become errors of write(2), too.
  public static func secure() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free number is this one. The root is there in every chroot, /dev/null isn't.
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
