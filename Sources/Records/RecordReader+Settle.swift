import Cscan
import JSON

/// Decisions that need the whole record: it is known to be JSON, and the last value of each name is known.
extension RecordReader {
  /// The text of the field with `role` at this opening quote. If the plan also reads it as text, it is already
  /// unescaped in its slot.
  mutating func text(
    of role: Separators.Role, at quote: Scan.Place
  ) -> (bytes: UnsafeBufferPointer<UInt8>, isPlain: Bool)? {
    if let slot = layout.plan.textSlot(of: role), layout.slots[slot].kind == UInt8(CSCAN_STRING) {
      return (UnsafeBufferPointer(start: layout.slots[slot].text, count: layout.slots[slot].text_count), false)
    }
    return layout.text(at: quote)
  }

  /// Determines the event time: the record's own, or Kafka's.
  @inline(__always) mutating func settleTime(_ clock: Int64) -> BadReason? {
    bringsOwnTime = false
    time = kafkaTime
    if let place = found(.timestamp).place {
      if place.pointee == UInt8(ascii: "\""), let instant = minute.read(place + 1) {
        time = instant
        bringsOwnTime = true
      } else if let reason = settleOwnTime(place) {
        return reason
      }
    }
    if time < 0, !bringsOwnTime { return .timestamp }
    let (latest, over) = clock.addingReportingOverflow(maxFuture)
    return time > EventTime.range.upperBound || (time > latest && !over) ? .future : nil
  }

  @inline(never) private mutating func settleOwnTime(_ place: Scan.Place) -> BadReason? {
    let reading: TimeReading
    switch place.pointee {
    case UInt8(ascii: "\""):
      guard let (bytes, isPlain) = text(of: .timestamp, at: place) else { return .encoding }
      reading = EventTime.text(UnsafeRawBufferPointer(bytes))
      if isPlain, case .instant(let instant) = reading {
        minute.learn(place + 1, length: bytes.count, instant: instant)
      }
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      reading = EventTime.number(place)
    default:
      return .timestamp
    }
    switch reading {
    case .instant(let instant):
      time = instant
      bringsOwnTime = true
      return nil
    case .withoutZone: return nil
    case .beyond: return .future
    case .unreadable: return .timestamp
    }
  }

  /// Determines the subject: `host` if it is a nonempty string, else the key, else `unknown`.
  @inline(__always) mutating func settleSubject(_ key: UnsafeRawBufferPointer?) -> BadReason? {
    subjectIsFallback = false
    if isOfStream { return settleStreamSubject(key) }
    let host = found(.host)
    if let place = host.place, host.plain_length > 0 {
      return settleSubject(place + 1, host.plain_length, isPlain: true)
    }
    return settleUnusualSubject(host, key)
  }

  @inline(never) private mutating func settleUnusualSubject(
    _ host: cscan_found, _ key: UnsafeRawBufferPointer?
  ) -> BadReason? {
    if let place = host.place, place.pointee == UInt8(ascii: "\"") {
      guard let (bytes, isPlain) = text(of: .host, at: place) else { return .encoding }
      if let start = bytes.baseAddress, !bytes.isEmpty {
        return settleSubject(start, bytes.count, isPlain: isPlain)
      }
    }
    if let key, !key.isEmpty {
      guard Text.isUTF8(key) else { return .encoding }
      return settleSubject(copied: key)
    }
    subjectIsFallback = true
    return "unknown".utf8.withContiguousStorageIfAvailable { settleSubject(copied: UnsafeRawBufferPointer($0)) }
      ?? .subject
  }

  mutating func settleSubject(copied bytes: UnsafeRawBufferPointer) -> BadReason? {
    guard bytes.count <= RecordReader.maxSubject, let source = bytes.baseAddress else { return .subject }
    UnsafeMutableRawPointer(subjectMemory).copyMemory(from: source, byteCount: bytes.count)
    (subjectMemory + bytes.count).update(repeating: 0, count: 16)
    return settleSubject(subjectMemory, bytes.count, isPlain: false)
  }

  @inline(__always) mutating func settleSubject(
    _ start: UnsafePointer<UInt8>, _ count: Int, isPlain: Bool
  ) -> BadReason? {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    if count > RecordReader.maxSubject || (!isPlain && Text.hasControlCharacter(bytes)) { return .subject }
    subject = bytes
    subjectHash = Hash.bytes(start, count, seed: seed)
    return nil
  }

  /// Determines the record's boot and its sequence number in it.
  @inline(__always) mutating func settleBoot() -> BadReason? {
    bootHash = 0
    sequence = -1
    if let place = found(.sequence).place { sequence = RecordReader.wholeNumber(place) }
    let boot = found(.bootID)
    guard let place = boot.place else { return nil }
    if boot.plain_length >= 0 {
      settleBoot(place + 1, boot.plain_length)
    } else if place.pointee == UInt8(ascii: "\"") {
      guard let (bytes, _) = text(of: .bootID, at: place), let start = bytes.baseAddress else { return .encoding }
      settleBoot(start, bytes.count)
    }
    return nil
  }

  @inline(__always) private mutating func settleBoot(_ start: UnsafePointer<UInt8>, _ count: Int) {
    // 0 means that there is none.
    if count > 0 { bootHash = max(1, Hash.bytes(start, count, seed: Hash.lasting)) }
  }

  /// A whole number from 0 to `Int64.max` in any notation; -1 for anything else.
  private static func wholeNumber(_ place: Scan.Place) -> Int64 {
    let mask = cscan_nondigits(place)
    let length = mask.trailingZeroBitCount
    let next = place[length]
    if length > 0, length <= 8, next != UInt8(ascii: "."), next | 0x20 != UInt8(ascii: "e") {
      return Int64(truncatingIfNeeded: cscan_digits(cscan_word(place), length))
    }
    guard length > 0 else { return -1 }
    if let number = Number.int64(place) { return number }
    return Int64(exactly: Number.double(place)) ?? -1
  }

  /// Reads a record with a null value: the subject named by the key is gone.
  mutating func readTombstone(_ key: UnsafeRawBufferPointer?) -> Outcome {
    subjectIsFallback = false
    guard let key, !key.isEmpty else { return .tombstoneWithoutKey }
    if isOfStream { return settleSubject(ofKey: key).map { .bad($0) } ?? .tombstone }
    guard Text.isUTF8(key) else { return .bad(.encoding) }
    return settleSubject(copied: key).map { .bad($0) } ?? .tombstone
  }
}
