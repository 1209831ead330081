import Synchronization

/// Writes log lines, one for each event: a constant sentence with the facts as metadata.
///
///     log.warning("broker is away", ["broker": .string(name), "attempts": 3])
///
/// A value to pass around: all copies write to the same output at the same level. The metadata of a line below the
/// level isn't built.
public struct Logger: Sendable {
  private let output: any LogOutput
  private let threshold: Threshold

  /// Writes lines at `level` or above to `output`.
  public init(level: LogLevel = .info, output: any LogOutput) {
    self.output = output
    threshold = Threshold(level)
  }

  /// The lowest level that is written. May be set at any time, from any thread, for all copies.
  public var level: LogLevel {
    get { LogLevel(rawValue: threshold.rawValue.load(ordering: .relaxed)) ?? .info }
    nonmutating set { threshold.rawValue.store(newValue.rawValue, ordering: .relaxed) }
  }

  /// Writes a line at `level`.
  public func log(_ level: LogLevel, _ message: StaticString, _ metadata: @autoclosure () -> LogMetadata = [:]) {
    guard level.rawValue >= threshold.rawValue.load(ordering: .relaxed) else { return }
    output.write(level, message, metadata())
  }

  /// Logs details for finding a fault in statusd.
  public func debug(_ message: StaticString, _ metadata: @autoclosure () -> LogMetadata = [:]) {
    log(.debug, message, metadata())
  }

  /// Logs normal operation.
  public func info(_ message: StaticString, _ metadata: @autoclosure () -> LogMetadata = [:]) {
    log(.info, message, metadata())
  }

  /// Logs a normal event that is worth a look.
  public func notice(_ message: StaticString, _ metadata: @autoclosure () -> LogMetadata = [:]) {
    log(.notice, message, metadata())
  }

  /// Logs that something is wrong and statusd copes.
  public func warning(_ message: StaticString, _ metadata: @autoclosure () -> LogMetadata = [:]) {
    log(.warning, message, metadata())
  }

  /// Logs that something is lost or refused.
  public func error(_ message: StaticString, _ metadata: @autoclosure () -> LogMetadata = [:]) {
    log(.error, message, metadata())
  }

  /// Logs that statusd can't go on.
  public func critical(_ message: StaticString, _ metadata: @autoclosure () -> LogMetadata = [:]) {
    log(.critical, message, metadata())
  }

  private final class Threshold: Sendable {
    let rawValue: Atomic<UInt8>
    init(_ level: LogLevel) { rawValue = Atomic(level.rawValue) }
  }
}

/// The destination of a logger's lines.
public protocol LogOutput: Sendable {
  /// Takes one line. Called from any thread, possibly from several at once.
  func write(_ level: LogLevel, _ message: StaticString, _ metadata: LogMetadata)
}
