extension Settings {
  /// What came of reading a configuration.
  public struct Loaded: Sendable {
    /// The settings; nil where there is a mistake among the complaints.
    public var settings: Settings?
    /// Everything that is wrong or questionable, in the order of the file.
    public var complaints: [Complaint]
  }
}
