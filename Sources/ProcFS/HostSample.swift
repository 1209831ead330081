/// One reading of the host. A value that the kernel doesn't provide is nil, never 0.
public struct HostSample: Equatable, Sendable {
  /// CPU usage since the previous reading; nil for the first reading, and if the counters can't be trusted.
  public var cpu: CPUUsage?
  /// CPUs that are online.
  public var cpuCount: Int?
  /// Memory and swap.
  public var memory: MemoryUsage?
  /// Load averages.
  public var load: LoadAverages?
  /// Percent of the last 10 s in which some task waited for a CPU.
  public var cpuPressure: Double?
  /// Percent of the last 10 s in which some task waited for memory.
  public var memoryPressure: Double?
  /// Percent of the last 10 s in which some task waited for a disk.
  public var ioPressure: Double?
  /// Seconds since boot, to the hundredth.
  public var uptimeSeconds: Double?
  /// The values that are missing or estimated.
  public var oddities: Oddities = []

  /// An empty sample.
  public init() {}
}
