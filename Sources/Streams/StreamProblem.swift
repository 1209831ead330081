/// A mistake in one stream, which `check` reports.
public struct StreamProblem: Error, Equatable, Sendable {
  /// The place in the stream: the keys as the file writes them, such as `["count", "errors", "matches"]`. An element of
  /// an array is called by its text. A key that isn't in the file stands for the nearest enclosing key that is.
  public var path: [String]
  /// The other keys of the stream that the value doesn't fit. If one of them is wrong, this may be no mistake.
  public var others: [String]
  /// What is wrong and what to do, in one line.
  public var message: String

  /// A problem at `path` of a stream, in view of the keys `others`.
  public init(path: [String], others: [String] = [], message: String) {
    self.path = path
    self.others = others
    self.message = message
  }
}
