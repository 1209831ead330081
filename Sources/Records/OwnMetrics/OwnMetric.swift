/// One of statusd's own metrics: a row in the table of one part's numbers.
public struct OwnMetric<Numbers>: Sendable {
  /// Its name as a field of the record, such as `records_late`.
  public let name: String
  /// How its values over time and of several workers belong together.
  public let kind: Kind
  private let access: Access

  /// How values of a metric belong together.
  public enum Kind: String, Sendable {
    /// A count since the process started. Those of several workers add up.
    case counter
    /// What holds at the moment. Those of several workers add up.
    case gauge
    /// What holds at the moment. Of several workers' values the greatest counts.
    case greatest
  }

  private enum Access: Sendable {
    case stored(WritableKeyPath<Numbers, Int64> & Sendable)
    case storedIfKnown(WritableKeyPath<Numbers, Int64?> & Sendable)
    case read(@Sendable (Numbers) -> Int64)
  }

  /// A count since the process started.
  static func counter(_ name: String, _ path: WritableKeyPath<Numbers, Int64> & Sendable) -> OwnMetric {
    OwnMetric(name: name, kind: .counter, access: .stored(path))
  }

  /// A count that is only read: it follows from others, or its part has no workers whose counts add up.
  static func counter(_ name: String, reading value: @escaping @Sendable (Numbers) -> Int64) -> OwnMetric {
    OwnMetric(name: name, kind: .counter, access: .read(value))
  }

  /// What holds at the moment, only read.
  static func gauge(_ name: String, reading value: @escaping @Sendable (Numbers) -> Int64) -> OwnMetric {
    OwnMetric(name: name, kind: .gauge, access: .read(value))
  }

  /// What holds at the moment.
  static func gauge(_ name: String, _ path: WritableKeyPath<Numbers, Int64> & Sendable) -> OwnMetric {
    OwnMetric(name: name, kind: .gauge, access: .stored(path))
  }

  /// What holds at the moment; nil if it isn't known. The sum isn't known if one worker doesn't know its part.
  static func gauge(_ name: String, ifKnown path: WritableKeyPath<Numbers, Int64?> & Sendable) -> OwnMetric {
    OwnMetric(name: name, kind: .gauge, access: .storedIfKnown(path))
  }

  /// What holds at the moment, for the worker with the greatest value.
  static func greatest(_ name: String, _ path: WritableKeyPath<Numbers, Int64> & Sendable) -> OwnMetric {
    OwnMetric(name: name, kind: .greatest, access: .stored(path))
  }

  /// Its value in `numbers`; nil if it isn't known.
  public func value(in numbers: Numbers) -> Int64? {
    switch access {
    case .stored(let path): numbers[keyPath: path]
    case .storedIfKnown(let path): numbers[keyPath: path]
    case .read(let value): value(numbers)
    }
  }

  fileprivate func add(_ other: Numbers, to numbers: inout Numbers) {
    switch access {
    case .stored(let path) where kind == .greatest:
      numbers[keyPath: path] = max(numbers[keyPath: path], other[keyPath: path])
    case .stored(let path): numbers[keyPath: path] += other[keyPath: path]
    case .storedIfKnown(let path):
      if let sum = numbers[keyPath: path], let own = other[keyPath: path] {
        numbers[keyPath: path] = sum + own
      } else {
        numbers[keyPath: path] = nil
      }
    case .read: break
    }
  }

  fileprivate func reset(in numbers: inout Numbers) {
    switch access {
    case .stored(let path): numbers[keyPath: path] = 0
    case .storedIfKnown(let path): numbers[keyPath: path] = nil
    case .read: break
    }
  }
}

/// The numbers of one part of statusd, with the table of its own metrics.
public protocol OwnNumbers: Sendable {
  /// A row for each metric, in the order of the record's fields.
  static var metrics: [OwnMetric<Self>] { get }
}

extension OwnNumbers {
  /// The metrics as fields of the record of statusd's own metrics, without those that aren't known.
  public var fields: [(name: String, value: Double)] {
    Self.metrics.compactMap { metric in metric.value(in: self).map { (metric.name, Double($0)) } }
  }
}

/// Numbers that several workers have, each its own.
public protocol WorkersNumbers: OwnNumbers {}

extension WorkersNumbers {
  /// Adds the numbers of another worker.
  public mutating func add(_ other: Self) {
    for metric in Self.metrics { metric.add(other, to: &self) }
  }

  /// The same counters for a worker that begins anew, and holds nothing yet.
  public var ofSuccessor: Self {
    var numbers = self
    for metric in Self.metrics where metric.kind != .counter { metric.reset(in: &numbers) }
    return numbers
  }
}
