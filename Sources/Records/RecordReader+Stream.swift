import Cscan
import JSON

/// Whose a record of a stream is.
extension RecordReader {
  /// Determines the subject: the stream's field if it is a nonempty text or a number, else the key, else the stream's
  /// name.
  @inline(never) mutating func settleStreamSubject(_ key: UnsafeRawBufferPointer?) -> BadReason? {
    if let place = found(.host).place {
      switch place.pointee {
      case UInt8(ascii: "\""):
        guard let (bytes, isPlain) = text(of: .host, at: place) else { return .encoding }
        if let start = bytes.baseAddress, !bytes.isEmpty {
          return settleSubject(start, bytes.count, isPlain: isPlain) ?? noteKey(key)
        }
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        guard let end = Scan.value(place, &layout.nesting) else { return .notJSON }
        return settleSubject(place, end - place, isPlain: true) ?? noteKey(key)
      default: break
      }
    }
    if let key, !key.isEmpty { return settleSubject(ofKey: key) }
    subjectIsFallback = true
    // Some producers spread empty keys over all partitions.
    hasKey = false
    var name = streamSubject?.stream ?? ""
    return name.withUTF8 { settleSubject(copied: UnsafeRawBufferPointer($0)) }
  }

  /// The subject comes from a field: the key determines its partition only if it is the same.
  private mutating func noteKey(_ key: UnsafeRawBufferPointer?) -> BadReason? {
    hasKey = key.map { $0.elementsEqual(subject) } ?? false
    return nil
  }

  /// Makes a key the subject. One that isn't a text for people, such as a number of eight bytes, is written in
  /// hexadecimal.
  mutating func settleSubject(ofKey key: UnsafeRawBufferPointer) -> BadReason? {
    if Text.isUTF8(key), !Text.hasControlCharacter(key) { return settleSubject(copied: key) }
    guard key.count <= (RecordReader.maxSubject - 2) / 2 else { return .subject }
    subjectMemory[0] = UInt8(ascii: "0")
    subjectMemory[1] = UInt8(ascii: "x")
    var count = 2
    for byte in key {
      subjectMemory[count] = RecordReader.hexadecimal(byte >> 4)
      subjectMemory[count + 1] = RecordReader.hexadecimal(byte & 15)
      count += 2
    }
    (subjectMemory + count).update(repeating: 0, count: 16)
    return settleSubject(subjectMemory, count, isPlain: true)
  }

  private static func hexadecimal(_ digit: UInt8) -> UInt8 {
    digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
  }
}
