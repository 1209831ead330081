import JSON

/// A metric of the hosts' status records: a field with its unit.
public struct Metric: Sendable {
  /// The field's name, such as `cpu_usage`.
  public let name: StaticString
  /// The unit of its values.
  public let unit: Unit
  /// Its place among the record's fields: lower ones come first. A new metric takes a number above all others, because
  /// readers may rely on the order.
  public let place: Int

  /// The unit of a metric's values, which decides how they are written.
  public enum Unit: Sendable {
    /// Percent of something that has an end, with two decimals.
    case percent
    /// Tasks that run or wait, on average; with two decimals.
    case tasks
    /// Seconds, with two decimals.
    case seconds
    /// Bytes, a whole number.
    case bytes
    /// A whole number of things.
    case count
  }

  /// The metric `name` at `place` of the record.
  public init(_ name: StaticString, _ unit: Unit, at place: Int) {
    self.name = name
    self.unit = unit
    self.place = place
  }
}

/// The metrics that a record may have, each with a slot for its value.
public final class MetricTable: Sendable {
  /// The maximum number of metrics in a table.
  public static let limit = 32

  /// The metrics in the order of their slots.
  public let metrics: [Metric]
  /// The slots in the order of the record's fields.
  let order: [Int]

  /// A table of these metrics, which must be at most `limit`. Metrics beyond it have no slot and are never written.
  public init(_ metrics: [Metric]) {
    self.metrics = Array(metrics.prefix(MetricTable.limit))
    order = self.metrics.indices.sorted { metrics[$0].place < metrics[$1].place }
  }
}

/// The values of a table's metrics at one instant. Copying them allocates nothing.
public struct MetricValues: Equatable, Sendable {
  /// The metrics.
  public let table: MetricTable
  /// By slot; as many as `MetricTable.limit`.
  private var values = InlineArray<32, Double?>(repeating: nil)
  /// The slot of the next value that is appended.
  private var next = 0

  /// No value for any metric of `table`.
  public init(_ table: MetricTable) { self.table = table }

  /// The value in a slot of the table; nil if there is none.
  public subscript(slot: Int) -> Double? {
    get { values[slot] }
    set { values[slot] = newValue }
  }

  /// Sets the value of the next metric, in the order of the slots. A value beyond the last slot is dropped.
  public mutating func append(_ value: Double?) {
    if next < table.metrics.count { values[next] = value }
    next += 1
  }

  /// Whether both are values of one table, and equal.
  public static func == (a: MetricValues, b: MetricValues) -> Bool {
    a.table === b.table && a.table.metrics.indices.allSatisfy { a.values[$0] == b.values[$0] }
  }

  /// Writes the values as members of an object. Values that aren't finite are left out.
  func encode(into writer: inout Writer) {
    for slot in table.order {
      guard let value = values[slot], value.isFinite else { continue }
      writer.key(table.metrics[slot].name)
      switch table.metrics[slot].unit {
      case .percent, .tasks, .seconds: writer.fixed(value, decimals: 2)
      case .bytes, .count: writer.whole(value)
      }
    }
  }
}

extension Writer {
  /// Writes a number without decimals if it has none.
  fileprivate mutating func whole(_ value: Double) {
    if let whole = Int64(exactly: value) { int(whole) } else { double(value) }
  }
}
