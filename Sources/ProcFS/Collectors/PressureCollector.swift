import Records

/// The time in which tasks had to wait: the kernel's pressure stall information.
final class PressureCollector: Collector {
  static let metrics = [
    Metric("pressure_cpu_some_10", .percent, at: 60),
    Metric("pressure_memory_some_10", .percent, at: 61),
    Metric("pressure_io_some_10", .percent, at: 62),
  ]

  static let oddities = [
    OddityText(
      oddity: .noCPUPressure, file: "pressure/cpu", sentence: "the kernel reports no CPU pressure",
      fields: "pressure_cpu_some_10", isOrdinary: true),
    OddityText(
      oddity: .noMemoryPressure, file: "pressure/memory", sentence: "the kernel reports no memory pressure",
      fields: "pressure_memory_some_10", isOrdinary: true),
    OddityText(
      oddity: .noIOPressure, file: "pressure/io", sentence: "the kernel reports no I/O pressure",
      fields: "pressure_io_some_10", isOrdinary: true),
  ]

  private var cpu: ProcFile
  private var memory: ProcFile
  private var io: ProcFile

  init(root: String, ticksPerSecond: UInt64) {
    cpu = ProcFile(root: root, "pressure/cpu")
    memory = ProcFile(root: root, "pressure/memory")
    io = ProcFile(root: root, "pressure/io")
  }

  func state(ofFile name: String) -> ProcError? {
    cpu.state(ifNamed: name) ?? memory.state(ifNamed: name) ?? io.state(ifNamed: name)
  }

  func collect(into sample: inout HostSample, _ buffer: inout ReadBuffer) {
    sample.values.append(Self.read(&cpu, &buffer, else: .noCPUPressure, &sample.oddities))
    sample.values.append(Self.read(&memory, &buffer, else: .noMemoryPressure, &sample.oddities))
    sample.values.append(Self.read(&io, &buffer, else: .noIOPressure, &sample.oddities))
  }

  /// The percentage of the last 10 s in which some task waited; nil, with `oddity`, if the kernel doesn't tell.
  private static func read(
    _ file: inout ProcFile, _ buffer: inout ReadBuffer, else oddity: Oddities, _ oddities: inout Oddities
  ) -> Double? {
    var pressure: Double?
    if let count = file.read(into: &buffer) {
      pressure = Pressure.parse(buffer.storage.span.extracting(first: count))
    }
    if pressure == nil { oddities.insert(oddity) }
    return pressure
  }
}

extension Oddities {
  /// `pressure/cpu` could not be read: the kernel has no PSI, or it is switched off.
  public static let noCPUPressure = Oddities(rawValue: 1 << 5)
  /// `pressure/memory` could not be read.
  public static let noMemoryPressure = Oddities(rawValue: 1 << 6)
  /// `pressure/io` could not be read.
  public static let noIOPressure = Oddities(rawValue: 1 << 7)
}

/// `/proc/pressure/{cpu,memory,io}` (the kernel's Documentation/accounting/psi.rst).
enum Pressure {
  /// Parses the percentage of the last 10 s in which some task waited, 0 to 100; nil if the line is missing or
  /// truncated, or the number is no percentage.
  static func parse(_ bytes: Span<UInt8>) -> Double? {
    var start = 0
    while let end = ProcText.lineEnd(bytes, from: start) {
      var i = start
      if ProcText.word("some avg10=", bytes, &i), let value = ProcText.hundredths(bytes, &i),
        ProcText.isSeparator(bytes, i)
      {
        return value <= 100_00 ? Double(value) / 100 : nil
      }
      start = end + 1
    }
    return nil
  }
}
