import Records

/// One reading of the host. A value that the kernel doesn't provide is nil, never 0.
public struct HostSample: Equatable, Sendable {
  /// The values of the collectors' metrics.
  public var values = MetricValues(Sampler.metrics)
  /// The values that are missing or estimated.
  public var oddities: Oddities = []

  /// An empty sample.
  public init() {}
}
