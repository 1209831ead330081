import Cscan
import JSON

extension RecordReader {
  /// How many bytes of a boot's id are shown.
  private static let shownBootID = 64

  /// The boot's id as it stands in the record, for people: cut where it is long, empty where there is none.
  public var bootID: String {
    guard let place = found(.bootID).place, place.pointee == UInt8(ascii: "\""), let end = Scan.string(place + 1) else {
      return ""
    }
    let length = end - place - 2
    let text = UnsafeRawBufferPointer(start: place + 1, count: min(length, RecordReader.shownBootID))
    return String(decoding: text, as: UTF8.self) + (length > text.count ? "…" : "")
  }
}
