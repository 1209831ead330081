import JSON
import Platform

extension Writer {
  /// Writes a time as RFC 3339 with milliseconds, in UTC.
  public mutating func time(_ time: WallTime) { plainString { time.appendRFC3339(to: &$0) } }
}

extension WallTime {
  /// The instant that `text` denotes in RFC 3339, with an offset; nil if it isn't one.
  public init?(rfc3339 text: String) {
    var text = text
    guard case .instant(let instant) = text.withUTF8({ EventTime.text(UnsafeRawBufferPointer($0)) }) else { return nil }
    self.init(milliseconds: instant)
  }

  /// The event time in a JSON object's `timestamp`; nil if there is none that can be parsed.
  public init?(timestampOf object: UnsafeRawBufferPointer) {
    var reader = Reader(object)
    guard reader.next() == .beginObject else { return nil }
    var time: WallTime?
    while reader.next() == .key {
      let isTime = reader.isText("timestamp")
      guard reader.skip() else { return nil }
      if isTime { time = reader.time }
    }
    guard let time else { return nil }
    self = time
  }
}

extension Reader {
  /// The instant that the token denotes, parsed as a record's `timestamp`; nil if it isn't one.
  var time: WallTime? {
    let reading: TimeReading
    if var text = string {
      reading = text.withUTF8 { EventTime.text(UnsafeRawBufferPointer($0)) }
    } else if token == .number {
      reading = withPlace { EventTime.number($0) }
    } else {
      return nil
    }
    guard case .instant(let instant) = reading else { return nil }
    return WallTime(milliseconds: instant)
  }
}
