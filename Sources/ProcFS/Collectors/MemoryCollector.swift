import Records

/// Memory and swap.
final class MemoryCollector: Collector {
  static let metrics = [
    Metric("memory_usage", .percent, at: 20),
    Metric("memory_total_bytes", .bytes, at: 50),
    Metric("memory_available_bytes", .bytes, at: 51),
    Metric("swap_usage", .percent, at: 52),
  ]

  static let oddities = [
    OddityText(
      oddity: .noMemoryTotal, file: "meminfo", sentence: "memory can't be read",
      fields: "memory_usage memory_total_bytes memory_available_bytes swap_usage"),
    OddityText(
      oddity: .estimatedMemoryAvailable, file: "meminfo",
      sentence: "MemAvailable is missing or impossible; it is estimated from free and cached memory",
      fields: "memory_usage memory_available_bytes", isOrdinary: true),
    OddityText(
      oddity: .noMemoryAvailable, file: "meminfo", sentence: "MemAvailable is missing or impossible",
      fields: "memory_usage memory_available_bytes"),
    OddityText(
      oddity: .noSwapFree, file: "meminfo", sentence: "free swap is missing or above the total", fields: "swap_usage"),
  ]

  private var meminfo: ProcFile
  private(set) var recognizesProcFS = false

  init(root: String, ticksPerSecond: UInt64) { meminfo = ProcFile(root: root, "meminfo") }

  func state(ofFile name: String) -> ProcError? { meminfo.state(ifNamed: name) }

  func collect(into sample: inout HostSample, _ buffer: inout ReadBuffer) {
    var usage: MemoryUsage?
    if let count = meminfo.read(into: &buffer) {
      usage = MemoryInfo.parse(buffer.storage.span.extracting(first: count)).usage(&sample.oddities)
    } else {
      sample.oddities.insert(.noMemoryTotal)
    }
    recognizesProcFS = usage != nil
    sample.values.append(usage?.usage)
    // Bytes are exact as doubles: they are a whole number of kB below 2^53.
    sample.values.append(usage.map { Double($0.totalBytes) })
    sample.values.append(usage?.availableBytes.map { Double($0) })
    sample.values.append(usage?.swapUsage)
  }
}

extension Oddities {
  /// `meminfo` could not be read, or has no total.
  public static let noMemoryTotal = Oddities(rawValue: 1 << 2)
  /// `MemAvailable` is missing or impossible, and was estimated.
  public static let estimatedMemoryAvailable = Oddities(rawValue: 1 << 11)
  /// `MemAvailable` is missing or impossible, and there is nothing to estimate it from.
  public static let noMemoryAvailable = Oddities(rawValue: 1 << 12)
  /// Swap exists, but the figure for free swap is missing or exceeds the total.
  public static let noSwapFree = Oddities(rawValue: 1 << 13)
}

/// The parsed lines of `/proc/meminfo` (proc_meminfo(5)), in kB; nil if a line is missing or truncated.
struct MemoryInfo: Equatable {
  var total: UInt64?
  var free: UInt64?
  var available: UInt64?
  var buffers: UInt64?
  var cached: UInt64?
  var swapTotal: UInt64?
  var swapFree: UInt64?
  var shared: UInt64?
  var reclaimable: UInt64?

  /// Parses the lines that are needed, in any order. A last line without its newline is truncated and is ignored.
  static func parse(_ bytes: Span<UInt8>) -> MemoryInfo {
    var info = MemoryInfo()
    var i = 0
    while let end = ProcText.lineEnd(bytes, from: i) {
      switch bytes[i] {
      case UInt8(ascii: "M"):
        take("MemTotal:", bytes, i, &info.total)
        take("MemFree:", bytes, i, &info.free)
        take("MemAvailable:", bytes, i, &info.available)
      case UInt8(ascii: "B"): take("Buffers:", bytes, i, &info.buffers)
      case UInt8(ascii: "C"): take("Cached:", bytes, i, &info.cached)
      case UInt8(ascii: "S"):
        take("SwapTotal:", bytes, i, &info.swapTotal)
        take("SwapFree:", bytes, i, &info.swapFree)
        take("Shmem:", bytes, i, &info.shared)
        take("SReclaimable:", bytes, i, &info.reclaimable)
      default: break
      }
      if info.isComplete { break }
      i = end + 1
    }
    return info
  }

  /// True if every field was found, so that parsing can stop.
  private var isComplete: Bool {
    total != nil && free != nil && available != nil && buffers != nil && cached != nil && swapTotal != nil
      && swapFree != nil && shared != nil && reclaimable != nil
  }

  /// Parses the number after `name`. WSL writes no blank between the colon and the number.
  private static func take(_ name: StaticString, _ bytes: Span<UInt8>, _ start: Int, _ value: inout UInt64?) {
    var i = start
    guard ProcText.word(name, bytes, &i) else { return }
    ProcText.blanks(bytes, &i)
    guard let kilobytes = ProcText.integer(bytes, &i) else { return }
    ProcText.blanks(bytes, &i)
    if ProcText.word("kB", bytes, &i) { value = kilobytes }
  }
}

/// The state of memory and swap.
public struct MemoryUsage: Equatable, Sendable {
  /// Usable memory of the machine, in bytes.
  public var totalBytes: UInt64
  /// Memory that programs can get without swapping, in bytes: the kernel's figure or an estimate; nil if there is
  /// neither.
  public var availableBytes: UInt64?
  /// Swap space in bytes; nil if the machine has none.
  public var swapTotalBytes: UInt64?
  /// Unused swap space in bytes; nil if there is none, or the kernel's figure exceeds the total.
  public var swapFreeBytes: UInt64?

  /// 100 x (total - available) / total.
  public var usage: Double? {
    availableBytes.map { percentage(Double(totalBytes) - Double($0), of: Double(totalBytes)) }
  }

  /// 100 x (total - free) / total, of swap.
  public var swapUsage: Double? {
    guard let total = swapTotalBytes, let free = swapFreeBytes else { return nil }
    return percentage(Double(total) - Double(free), of: Double(total))
  }
}

extension MemoryInfo {
  /// The memory usage, without values that contradict each other; nil without a total.
  ///
  /// - Parameter oddities: receives what is missing or estimated.
  func usage(_ oddities: inout Oddities) -> MemoryUsage? {
    guard let total, total > 0, total <= Self.limit else {
      oddities.insert(.noMemoryTotal)
      return nil
    }
    var usage = MemoryUsage(totalBytes: total * 1024)
    if let available, available > 0, available <= total {
      usage.availableBytes = available * 1024
    } else {
      let estimate = estimatedAvailable(total: total)
      oddities.insert(estimate == nil ? .noMemoryAvailable : .estimatedMemoryAvailable)
      usage.availableBytes = estimate.map { $0 * 1024 }
    }
    if let swapTotal, swapTotal > 0, swapTotal <= Self.limit {
      usage.swapTotalBytes = swapTotal * 1024
      if let swapFree, swapFree <= swapTotal {
        usage.swapFreeBytes = swapFree * 1024
      } else {
        oddities.insert(.noSwapFree)
      }
    }
    return usage
  }

  /// The largest number of kB whose bytes fit in 63 bits.
  private static let limit = UInt64(Int64.max) / 1024

  /// MemFree + Buffers + Cached + SReclaimable - Shmem. A term that is missing or exceeds the total counts as 0. nil
  /// without MemFree, or if the result isn't between 0 and the total.
  private func estimatedAvailable(total: UInt64) -> UInt64? {
    func plausible(_ value: UInt64?) -> UInt64 { value.flatMap { $0 <= total ? $0 : nil } ?? 0 }
    guard let free, free <= total else { return nil }
    let sum = free + plausible(buffers) + plausible(cached) + plausible(reclaimable)
    let shared = plausible(shared)
    guard sum >= shared, sum - shared <= total else { return nil }
    return sum - shared
  }
}
