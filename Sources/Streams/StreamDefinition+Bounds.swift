extension StreamDefinition {
  /// How much one meter can be asked for.
  public enum Bounds {
    /// The maximum number of streams.
    public static let streams = 100
    /// The maximum number of names and expressions of a stream's topics.
    public static let topics = 100
    /// The maximum number of counts of a stream.
    public static let counts = 50
    /// The maximum number of fields that a stream measures.
    public static let measures = 50
    /// The maximum number of distinct counts of a stream.
    public static let distincts = 20
    /// The maximum length of a stream's name, in bytes.
    public static let name = 100
    /// The maximum length of a field's name and of a number's, in bytes.
    public static let fieldName = 255
    /// The shortest and the longest interval.
    public static let interval: ClosedRange<Duration> = .seconds(1) ... .seconds(3_600)
    /// The furthest that a distinct count looks back.
    public static let over = Duration.seconds(3_600)
    /// The greatest age of status records.
    public static let statusAge = Duration.seconds(30)
  }

  /// Names that no stream can have, because readings of another kind have them.
  public static let reservedNames = ["kafka", "group", "statusd"]

  /// What a number of a stream can't be called: fields that every reading has or can have, and those by which an
  /// evaluator puts any record in its place.
  public static let ownFields: Set<String> = [
    "timestamp", "host", "kind", "records", "rate", "bytes", "byte_rate", "invalid", "delay_ms_avg", "delay_ms_max",
    "silence_seconds", "late_records", "lost", "partitions", "partitions_missing", "meter_delay_ms", "interval_ms",
    "values_refused", "distinct_refused", "boot_id", "sequence",
  ]
}
