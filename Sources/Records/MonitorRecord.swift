import JSON
import Platform

/// A record of a monitored data stream, as `emit` makes from each line.
public enum MonitorRecord {
  /// Writes `line` as a monitor record. A JSON object is kept, with `timestamp` and `source` added if it lacks them.
  /// Any other line becomes `{"timestamp","source","message"}`; each byte that isn't part of well-formed UTF-8 becomes
  /// U+FFFD.
  ///
  /// - Parameters:
  ///   - source: at most 255 bytes.
  ///   - limit: the maximum size of the record in bytes, including escapes. A message is cut to fit; an object that is
  ///     too large becomes a message and is cut.
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
    // The bytes between the braces are valid JSON members.
    if !object.inside.isEmpty { writer.raw(object.inside) }
    writer.endObject()
    guard writer.bytes.count - start <= limit else {
      writer.reset(to: start)
      return encode(message: line, source: source, at: now, limit: limit, into: &writer)
    }
    let own = object.source.flatMap { $0.utf8.count <= RecordReader.maxSubject ? $0 : nil }
    return Encoded(key: own ?? source, isCut: false)
  }

  /// The result of encoding a line.
  public struct Encoded: Equatable, Sendable {
    /// The record's key: the line's own source if it is a string of at most 255 bytes, else the given source.
    public var key: String
    /// Whether the line was cut to fit the limit.
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
    // Three bytes follow: the two quotes and the brace.
    let room = limit - (writer.bytes.count - start) - 3
    let fitting = Writer.prefix(of: message, whoseStringHas: room)
    writer.string(UnsafeRawBufferPointer(rebasing: message[..<fitting]))
    writer.endObject()
    return Encoded(key: source, isCut: fitting < message.count)
  }

  /// A line that is a JSON object.
  private struct Object {
    /// The bytes between its braces, without blanks at both ends.
    var inside: UnsafeRawBufferPointer
    var hasTimestamp = false
    var hasSource = false
    /// Its own source; nil if it isn't a string.
    var source: String?

    init?(_ line: UnsafeRawBufferPointer) {
      var first = 0
      var last = line.count
      while first < last, Scan.isBlank(line[first]) { first += 1 }
      while last > first, Scan.isBlank(line[last - 1]) { last -= 1 }
      // Reject most lines that aren't objects without parsing them.
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
