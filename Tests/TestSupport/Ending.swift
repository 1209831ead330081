import Foundation
import Glibc

/// The end of a child, watched by a thread of its own.
final class Ending: @unchecked Sendable {
  private let process: pid_t
  private let changed = NSCondition()
  private var status: Subprocess.Status?
  private var usage = rusage()

  init(of process: pid_t) {
    self.process = process
    let reaper = Thread { self.reap() }
    reaper.stackSize = 1 << 18
    reaper.start()
  }

  /// CPU seconds, user and system, once it has ended.
  var cpuSeconds: Double {
    changed.lock()
    defer { changed.unlock() }
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(
      usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
  }

  /// Sends it a signal, unless it has ended: its number may be another's by then.
  func signal(_ number: Int32) {
    changed.lock()
    defer { changed.unlock() }
    if status == nil { kill(process, number) }
  }

  /// How it ended; nil where it hasn't in time.
  func wait(until deadline: Date) -> Subprocess.Status? {
    changed.lock()
    defer { changed.unlock() }
    while status == nil && changed.wait(until: deadline) {}
    return status
  }

  private func reap() {
    // Waits without taking the number back, which then happens under the lock that `signal` holds as well.
    var information = siginfo_t()
    while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) < 0 && errno == EINTR {}
    changed.lock()
    defer { changed.unlock() }
    var state: Int32 = 0
    wait4(process, &state, 0, &usage)
    status = state & 0x7f == 0 ? .exited((state >> 8) & 0xff) : .signalled(state & 0x7f)
    changed.broadcast()
  }
}
