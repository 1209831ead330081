import Glibc
import Records

/// Reads this host's state from the files below a root, usually `/proc`. Owned by one thread.
///
/// The files are opened once and re-read. A sample allocates nothing once the buffer is large enough for this machine.
public struct Sampler: ~Copyable {
  /// The collectors, in the order in which they read. (The CPUs' counters come first: the elapsed time bounds them.)
  static let kinds: [any Collector.Type] = [
    CPUCollector.self, MemoryCollector.self, LoadCollector.self, PressureCollector.self,
  ]

  /// The metrics of all collectors.
  public static let metrics = MetricTable(kinds.flatMap { $0.metrics })

  /// The UUID of this boot; nil if the kernel doesn't provide one.
  public let bootID: String?
  private var buffer = ReadBuffer()
  private let collectors: [any Collector]

  /// Opens the files and takes the first reading, the base of the first sample's rates.
  ///
  /// - Parameters:
  ///   - root: the directory of the files: `/proc`, or where it is mounted in a container.
  ///   - ticksPerSecond: USER_HZ; by default the running kernel's (sysconf(3)).
  /// - Throws: if neither `stat` nor `meminfo` below `root` is recognized: then `root` isn't a procfs.
  public init(root: String = "/proc", ticksPerSecond: UInt64? = nil) throws(ProcError) {
    let ticksPerSecond = ticksPerSecond ?? UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    collectors = Self.kinds.map { $0.init(root: root, ticksPerSecond: ticksPerSecond) }
    bootID = Self.readBootID(root: root)
    _ = sample()
    if collectors.contains(where: { $0.recognizesProcFS }) { return }
    throw state(ofFile: "stat") ?? ProcError(path: root, code: 0)
  }

  /// Reads the host now. Never fails: a value that can't be read is nil, and `oddities` names it.
  public mutating func sample() -> HostSample {
    var sample = HostSample()
    // By index: an iterator over protocol values allocates in a debug build.
    for index in collectors.indices { collectors[index].collect(into: &sample, &buffer) }
    return sample
  }

  /// The last error of reading the file named in an `OddityText`; nil if it was read.
  public func failure(ofFile name: String) -> ProcError? {
    state(ofFile: name).flatMap { $0.code == 0 ? nil : $0 }
  }

  private func state(ofFile name: String) -> ProcError? {
    for collector in collectors {
      if let state = collector.state(ofFile: name) { return state }
    }
    return nil
  }

  private static func readBootID(root: String) -> String? {
    var buffer = ReadBuffer()
    var file = ProcFile(root: root, "sys/kernel/random/boot_id")
    guard let count = file.read(into: &buffer) else { return nil }
    return BootID.parse(buffer.storage.span.extracting(first: count))
  }
}
