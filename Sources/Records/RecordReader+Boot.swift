import Cscan
import JSON

extension RecordReader {
  /// The maximum length of a displayed boot id, in bytes.
  private static let shownBootID = 64

  /// The boot id as written in the record, for people: cut if it is long, empty if there is none.
  public var bootID: String {
    guard let place = found(.bootID).place, place.pointee == UInt8(ascii: "\""), let end = Scan.string(place + 1) else {
      return ""
    }
    let length = end - place - 2
    let text = UnsafeRawBufferPointer(start: place + 1, count: min(length, RecordReader.shownBootID))
    return String(decoding: text, as: UTF8.self) + (length > text.count ? "…" : "")
  }
}
