import Glibc
import Platform

/// Threads that keep CPUs busy until they are stopped.
struct Burner {
  private let source = StopSource()

  /// Starts the load.
  ///
  /// - Throws: if the process may have no more threads.
  init(_ load: DemoStory.Load) throws(SystemError) {
    let cpus = min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), 256)
    let token = source.token
    let threads =
      switch load {
      case .computing: cpus
      case .reading(let perCPU): min(perCPU * cpus, 1024)
      }
    do {
      for _ in 0..<threads {
        _ = try startThread(name: "demo load") {
          switch load {
          case .computing: Self.compute(until: token)
          case .reading: Self.readZeros(until: token)
          }
        }
      }
    } catch {
      source.stop()
      throw error
    }
  }

  /// Ends the load.
  func stop() { source.stop() }

  private static func compute(until token: StopToken) {
    // On Linux this affects only the calling thread (setpriority(2)).
    setpriority(Int32(PRIO_PROCESS.rawValue), 0, 10)
    var state: UInt64 = 88_172_645_463_325_252
    while !token.isStopped {
      for _ in 0..<100_000 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
      }
      // Never true; but the compiler can't know that, and keeps the loop.
      if state == 0 { return }
    }
  }

  private static func readZeros(until token: StopToken) {
    let zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC)
    guard zeros >= 0 else { return }
    defer { close(zeros) }
    let size = 1 << 18
    withUnsafeTemporaryAllocation(byteCount: size, alignment: 64) { buffer in
      while !token.isStopped, read(zeros, buffer.baseAddress, size) > 0 {}
    }
  }
}
