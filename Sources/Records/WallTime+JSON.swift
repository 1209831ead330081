import JSON
import Platform

extension Writer {
  /// A time as RFC 3339 with milliseconds, in UTC.
  public mutating func time(_ time: WallTime) { plainString { time.appendRFC3339(to: &$0) } }
}

extension WallTime {
  /// The instant that `text` says by RFC 3339, with its offset; nil where it says none.
  public init?(rfc3339 text: String) {
    var text = text
    guard case .instant(let instant) = text.withUTF8({ EventTime.text(UnsafeRawBufferPointer($0)) }) else { return nil }
    self.init(milliseconds: instant)
  }

  /// The event time that a JSON object has in `timestamp`; nil where it has none that can be read.
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
  /// The instant that a token says, as a record's `timestamp`; nil where it says none.
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
