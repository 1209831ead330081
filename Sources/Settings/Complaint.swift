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
  /// What is wrong and what to do, in one line.
  public var message: String

  /// A complaint about `position` of `file`.
  public init(file: String, position: Position?, weight: Weight = .mistake, message: String) {
    self.file = file
    self.position = position
    self.weight = weight
    self.message = message
  }

  /// Line in the file; 0 where the complaint is about the file as a whole.
  public var line: Int { position?.line ?? 0 }
  /// Column in that line; 0 where the complaint is about the file as a whole.
  public var column: Int { position?.column ?? 0 }

  /// `file:line:column: message`; advice says that it is one.
  public var description: String {
    let place = position.map { "\(file):\($0.line):\($0.column)" } ?? file
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
}
