import Records

/// Reads some files of procfs and computes the values of some metrics from them.
///
/// A new metric is a line of `metrics` in its collector's file, and its value at the same place of `collect`. A new
/// collector also takes a line in `Sampler.kinds`.
protocol Collector: AnyObject, SendableMetatype {
  /// Its metrics.
  static var metrics: [Metric] { get }
  /// What a sample of it can lack, or has to work around.
  static var oddities: [OddityText] { get }

  /// A collector of the files below `root`, which are opened with the first sample. `ticksPerSecond` is USER_HZ.
  init(root: String, ticksPerSecond: UInt64)

  /// Reads the files now. Appends a value for each of its metrics, in their order, nil for one that the kernel doesn't
  /// provide; and adds the oddities. `buffer` is for the content of one file at a time.
  func collect(into sample: inout HostSample, _ buffer: inout ReadBuffer)

  /// Whether the last sample recognized a file that every procfs has.
  var recognizesProcFS: Bool { get }

  /// The last error of reading a file, by its name below the root; its code is 0 if the file was read. nil if the file
  /// isn't this collector's.
  func state(ofFile name: String) -> ProcError?
}

extension Collector {
  var recognizesProcFS: Bool { false }
}

extension ProcFile {
  /// The last error of reading it, if it has this name below the root; the code is 0 if it was read.
  func state(ifNamed wanted: String) -> ProcError? { name == wanted ? ProcError(path: path, code: failure) : nil }
}
