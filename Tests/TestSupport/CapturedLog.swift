import Platform
import Synchronization

/// Keeps the lines in memory and rings `arrived` at each.
public final class CapturedLog: LogOutput {
  /// One line.
  public struct Line: Sendable {
    /// The level of the line.
    public var level: LogLevel
    /// The constant sentence.
    public var message: String
    /// The facts.
    public var metadata: LogMetadata
  }

  private let kept = Mutex<[Line]>([])
  private let arrived: Wakeup?

  /// Keeps all lines, without bound.
  public init(arrived: Wakeup? = nil) { self.arrived = arrived }

  /// The lines written so far.
  public var lines: [Line] { kept.withLock { $0 } }

  /// The sentences written so far.
  public var messages: [String] { lines.map(\.message) }

  /// Keeps the line.
  public func write(_ level: LogLevel, _ message: StaticString, _ metadata: LogMetadata) {
    kept.withLock { $0.append(Line(level: level, message: "\(message)", metadata: metadata)) }
    arrived?.ring()
  }
}
