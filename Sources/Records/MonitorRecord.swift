import JSON
import Platform

/// A record of a watched data stream, as `emit` makes one of each line it is given.
public enum MonitorRecord {
  /// Writes `line` as a monitor record: a line that is a JSON object as that object, with `timestamp` and `source`
  /// added where it has none of its own; any other as `{"timestamp","source","message"}`, in which each byte that is no
  /// part of well-formed UTF-8 becomes U+FFFD.
  ///
  /// - Parameters:
  ///   - source: of 255 bytes at most.
  ///   - limit: the longest record, in bytes. A message is cut so that the record has no more, escapes counted; an object
  ///     that is longer becomes a message, and is cut.
  public static func encode(
    _ line: UnsafeRawBufferPointer, source: String, at now: WallTime, limit: Int, into writer: inout Writer
  ) -> Encoded {
    guard let object = Object(line) else {
      return encode(message: line, source: source, at: now, limit: limit, into: &writer)
    }
    let start = writer.bytes.count
    writer.beginObject()
    if !object.hasTimestamp {
      writer.key("timestamp")
      writer.time(now)
    }
    if !object.hasSource {
      writer.key("source")
      writer.string(source)
    }
    // What stands between the braces is JSON as it is.
    if !object.inside.isEmpty { writer.raw(object.inside) }
    writer.endObject()
    guard writer.bytes.count - start <= limit else {
      writer.reset(to: start)
      return encode(message: line, source: source, at: now, limit: limit, into: &writer)
    }
    let own = object.source.flatMap { $0.utf8.count <= RecordReader.maxSubject ? $0 : nil }
    return Encoded(key: own ?? source, isCut: false)
  }

  /// What a line became.
  public struct Encoded: Equatable, Sendable {
    /// The record's key, its source: the line's own, where it is a string of 255 bytes at most, else the given one.
    public var key: String
    /// Whether the record doesn't hold all of the line.
    public var isCut: Bool
  }

  private static func encode(
    message: UnsafeRawBufferPointer, source: String, at now: WallTime, limit: Int, into writer: inout Writer
  ) -> Encoded {
    let start = writer.bytes.count
    writer.beginObject()
    writer.key("timestamp")
    writer.time(now)
    writer.key("source")
    writer.string(source)
    writer.key("message")
    // Behind the text stand its quotes and the brace.
    let room = limit - (writer.bytes.count - start) - 3
    let fitting = Writer.prefix(of: message, whoseStringHas: room)
    writer.string(UnsafeRawBufferPointer(rebasing: message[..<fitting]))
    writer.endObject()
    return Encoded(key: source, isCut: fitting < message.count)
  }

  /// A line that is a JSON object.
  private struct Object {
    /// What stands between its braces, without the blanks at both ends.
    var inside: UnsafeRawBufferPointer
    var hasTimestamp = false
    var hasSource = false
    /// Its own source, where that is a string.
    var source: String?

    init?(_ line: UnsafeRawBufferPointer) {
      var first = 0
      var last = line.count
      while first < last, Scan.isBlank(line[first]) { first += 1 }
      while last > first, Scan.isBlank(line[last - 1]) { last -= 1 }
      // Most lines are no objects, and need no second look.
      guard last - first >= 2, line[first] == UInt8(ascii: "{"), line[last - 1] == UInt8(ascii: "}") else { return nil }
      var reader = Reader(line)
      guard reader.next() == .beginObject else { return nil }
      while reader.next() == .key {
        if reader.isText("timestamp") { hasTimestamp = true }
        let isSource = reader.isText("source")
        guard reader.skip() else { return nil }
        if isSource {
          hasSource = true
          source = reader.string
        }
      }
      guard reader.token == .endObject, reader.next() == .end else { return nil }
      first += 1
      last -= 1
      while first < last, Scan.isBlank(line[first]) { first += 1 }
      while last > first, Scan.isBlank(line[last - 1]) { last -= 1 }
      inside = UnsafeRawBufferPointer(rebasing: line[first..<last])
    }
  }
}
