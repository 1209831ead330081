/// One reading of the host at one instant. What the kernel doesn't offer is nil, never 0.
public struct HostSample: Equatable, Sendable {
  /// What the CPUs did since the reading before; nil for the first one, and where the counters can't be trusted.
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
  /// What is lacking, or was worked around.
  public var oddities: Oddities = []

  /// A sample without anything.
  public init() {}
}
