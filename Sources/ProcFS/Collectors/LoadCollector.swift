import Records

/// The load averages.
final class LoadCollector: Collector {
  static let metrics = [
    Metric("load_1", .tasks, at: 40),
    Metric("load_5", .tasks, at: 41),
    Metric("load_15", .tasks, at: 42),
  ]

  static let oddities = [
    OddityText(oddity: .noLoad, file: "loadavg", sentence: "load can't be read", fields: "load_1 load_5 load_15")
  ]

  private var loadavg: ProcFile

  init(root: String, ticksPerSecond: UInt64) { loadavg = ProcFile(root: root, "loadavg") }

  func state(ofFile name: String) -> ProcError? { loadavg.state(ifNamed: name) }

  func collect(into sample: inout HostSample, _ buffer: inout ReadBuffer) {
    var load: LoadAverages?
    if let count = loadavg.read(into: &buffer) {
      load = LoadAverages.parse(buffer.storage.span.extracting(first: count))
    }
    if load == nil { sample.oddities.insert(.noLoad) }
    sample.values.append(load?.oneMinute)
    sample.values.append(load?.fiveMinutes)
    sample.values.append(load?.fifteenMinutes)
  }
}

extension Oddities {
  /// `loadavg` could not be read.
  public static let noLoad = Oddities(rawValue: 1 << 3)
}

/// `/proc/loadavg` (proc_loadavg(5)).
public struct LoadAverages: Equatable, Sendable {
  /// Tasks that run or wait for a disk, averaged over 1 minute.
  public var oneMinute: Double
  /// The same over 5 minutes.
  public var fiveMinutes: Double
  /// The same over 15 minutes.
  public var fifteenMinutes: Double

  /// Parses the three numbers at the start; nil if one is missing or may be truncated.
  static func parse(_ bytes: Span<UInt8>) -> LoadAverages? {
    var i = 0
    guard let one = next(bytes, &i), let five = next(bytes, &i), let fifteen = next(bytes, &i) else { return nil }
    return LoadAverages(oneMinute: one, fiveMinutes: five, fifteenMinutes: fifteen)
  }

  private static func next(_ bytes: Span<UInt8>, _ i: inout Int) -> Double? {
    ProcText.blanks(bytes, &i)
    guard let value = ProcText.hundredths(bytes, &i), ProcText.isSeparator(bytes, i) else { return nil }
    return Double(value) / 100
  }
}
