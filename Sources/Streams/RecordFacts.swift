/// What a stream's definition asks of one record, as its reader found it.
///
/// Reused from record to record; the texts are valid until the next one is read.
public struct RecordFacts {
  /// Whether the value can't be read as the format says, or an expression exceeded its limits. Only `bytes` counts then.
  public var isInvalid = false
  /// The record's own time, milliseconds since the epoch; nil if it has none that can be read.
  public var time: Int64?
  /// For each `StreamDefinition.counts`, whether the record meets the condition.
  public var matches: [Bool]
  /// For each `StreamDefinition.measures`, the number in its field; nil if there is none.
  public var numbers: [Double?]
  /// The value that divides the readings; nil if the record has none.
  public var division: UnsafeRawBufferPointer?
  /// For each `StreamDefinition.distincts`, the text of its field; nil if there is none.
  public var texts: [UnsafeRawBufferPointer?]

  /// Room for the facts of `definition`.
  public init(for definition: StreamDefinition) {
    matches = Array(repeating: false, count: definition.counts.count)
    numbers = Array(repeating: nil, count: definition.measures.count)
    texts = Array(repeating: nil, count: definition.distincts.count)
  }
}
