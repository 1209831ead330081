import Platform

/// A mistake in a configuration file, or advice on it. It never quotes a secret.
public struct Complaint: Error, Equatable, Sendable, CustomStringConvertible {
  /// A place in a text; both count from 1, columns in characters.
  public struct Position: Hashable, Comparable, Sendable {
    /// Line, from 1.
    public var line: Int
    /// Column, from 1.
    public var column: Int

    /// The place at `column` of `line`.
    public init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }

    /// In reading order.
    public static func < (a: Position, b: Position) -> Bool { (a.line, a.column) < (b.line, b.column) }
  }

  /// The severity of a complaint.
  public enum Weight: Equatable, Sendable {
    /// The file can't be used.
    case mistake
    /// The file can be used, but should be changed.
    case advice
  }

  /// The file's path as it was given.
  public var file: String
  /// The place in the file; nil if the complaint is about the whole file.
  public var position: Position?
  /// The severity.
  public var weight: Weight
  /// What is wrong and what to do, in one line: quotes from the file contain no line end or control character.
  public let message: String

  /// A complaint about `position` of `file`.
  public init(file: String, position: Position?, weight: Weight = .mistake, message: String) {
    self.file = file
    self.position = position
    self.weight = weight
    self.message = Printable.text(message)
  }

  /// The line in the file; 0 if the complaint is about the whole file.
  public var line: Int { position?.line ?? 0 }
  /// The column in that line; 0 if the complaint is about the whole file.
  public var column: Int { position?.column ?? 0 }

  /// `file:line:column: message`; `file:line:column: advice: message` for advice.
  public var description: String {
    let name = Printable.text(file)
    let place = position.map { "\(name):\($0.line):\($0.column)" } ?? name
    return weight == .advice ? "\(place): advice: \(message)" : "\(place): \(message)"
  }
}

extension [Complaint] {
  /// In the order of their places, those about the whole file first; those about the same place stay in their order.
  var inFileOrder: [Complaint] {
    enumerated().sorted { a, b in
      let start = Complaint.Position(line: 0, column: 0)
      return (a.element.position ?? start, a.offset) < (b.element.position ?? start, b.offset)
    }.map(\.element)
  }

  /// The maximum number of complaints shown about one file.
  static let greatestCount = 100

  /// In the order of the file, at most `greatestCount`, with mistakes preferred to advice. If there are more, one more
  /// complaint gives the total, including the `dropped` ones.
  package func bounded(file: String, dropped: Int) -> [Complaint] {
    let sorted = inFileOrder
    let left = sorted.count + dropped
    guard left > Self.greatestCount else { return sorted }
    let mistakes = sorted.filter { $0.weight == .mistake }.prefix(Self.greatestCount)
    let advice = sorted.filter { $0.weight == .advice }.prefix(Self.greatestCount - mistakes.count)
    let kept = (Array(mistakes) + advice).inFileOrder
    return kept + [
      Complaint(
        file: file, position: nil, weight: mistakes.isEmpty ? .advice : .mistake,
        message: "only the first \(kept.count) of \(left) complaints are shown")
    ]
  }
}
