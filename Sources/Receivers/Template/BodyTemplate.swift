import JSON

/// A webhook's body as its user wrote it: JSON with placeholders like `{{host}}` in its texts.
///
/// It is taken apart once. Composing copies the literal bytes and writes each value by its place: inside a text as part
/// of that text, escaped; in place of a whole text as JSON. Values are never looked through for placeholders, so the
/// result is always JSON with the template's own structure.
public struct BodyTemplate: Sendable {
  enum Part: Sendable {
    /// Bytes of the template: JSON, or the inside of a text.
    case literal([UInt8])
    /// Part of a text.
    case text(Placeholder)
    /// In place of a text and its quotes.
    case value(WholeValue)
  }

  /// The largest template, in bytes.
  public static let maxSize = 64 * 1024
  /// The largest number of placeholders. `{{alerts}}` may stand in it once.
  public static let maxPlaceholders = 256

  let parts: [Part]

  /// Takes `text` apart.
  ///
  /// - Throws: all that is wrong with it, with places.
  public init(_ text: String) throws(TemplateProblems) {
    var compiler = TemplateCompiler(Array(text.utf8))
    compiler.run()
    guard compiler.problems.isEmpty else { throw TemplateProblems(list: compiler.problems) }
    parts = compiler.parts
  }

  /// The body for `notification`. Its size is at most that of the notification and of 256 values.
  public func body(for notification: Notification) -> [UInt8] {
    let summary = notification.summary
    var body: [UInt8] = []
    var writer = Writer(capacity: 256)
    for part in parts {
      switch part {
      case .literal(let bytes):
        body += bytes
      case .text(let placeholder):
        writer.reset()
        writer.string(placeholder.text(in: notification, summary))
        // Without the quotes: they are the template's.
        body += writer.bytes.dropFirst().dropLast()
      case .value(let value):
        writer.reset()
        value.write(notification, summary, into: &writer)
        body += writer.bytes
      }
    }
    return body
  }
}

/// One mistake in a template.
public struct TemplateProblem: Equatable, Sendable {
  /// The line in the template, from 1.
  public let line: Int
  /// The column in Unicode scalars, from 1.
  public let column: Int
  /// A sentence without its full stop.
  public let message: String
}

/// All mistakes in a template, in their order; the first twenty, if there are more.
public struct TemplateProblems: Error, Equatable, Sendable {
  /// At least one.
  public let list: [TemplateProblem]
}
