import Platform

/// One thing that is wrong, or questionable, about a configuration file; it never quotes a secret.
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

    /// As one reads.
    public static func < (a: Position, b: Position) -> Bool { (a.line, a.column) < (b.line, b.column) }
  }

  /// What a complaint means for the file.
  public enum Weight: Equatable, Sendable {
    /// The file can't be used.
    case mistake
    /// The file can be used; somebody should know all the same.
    case advice
  }

  /// The file as it was named.
  public var file: String
  /// Where in the file; nil where it is about the file as a whole.
  public var position: Position?
  /// What it means for the file.
  public var weight: Weight
  /// What is wrong and what to do, in one line: what it quotes of the file has no line end or control character.
  public let message: String

  /// A complaint about `position` of `file`.
  public init(file: String, position: Position?, weight: Weight = .mistake, message: String) {
    self.file = file
    self.position = position
    self.weight = weight
    self.message = Printable.text(message)
  }

  /// Line in the file; 0 where the complaint is about the file as a whole.
  public var line: Int { position?.line ?? 0 }
  /// Column in that line; 0 where the complaint is about the file as a whole.
  public var column: Int { position?.column ?? 0 }

  /// `file:line:column: message`; advice says that it is one.
  public var description: String {
    let name = Printable.text(file)
    let place = position.map { "\(name):\($0.line):\($0.column)" } ?? name
    return weight == .advice ? "\(place): advice: \(message)" : "\(place): \(message)"
  }
}

extension [Complaint] {
  /// In the order of their places, those about the file as a whole first; what is about one place stays as it was found.
  var inFileOrder: [Complaint] {
    enumerated().sorted { a, b in
      let start = Complaint.Position(line: 0, column: 0)
      return (a.element.position ?? start, a.offset) < (b.element.position ?? start, b.offset)
    }.map(\.element)
  }

  /// The most complaints about one file that somebody is told.
  static let greatestCount = 100

  /// In the order of the file, and no more than `greatestCount`, mistakes before advice; then a last one says how many
  /// there are, with the `dropped` ones that aren't among these.
  func bounded(file: String, dropped: Int) -> [Complaint] {
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
