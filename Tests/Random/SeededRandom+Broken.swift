extension SeededRandom {
  /// `bytes` with one to three things broken, as a bad disk, a cut connection, an editor or an attacker break them.
  ///
  /// - Parameter pieces: what means something to whoever reads the bytes: these are put in where they don't belong.
  public mutating func broken(_ bytes: [UInt8], with pieces: [[UInt8]]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<pick([1, 1, 2, 3]) { breakOnce(&bytes, pieces) }
    return bytes
  }

  private mutating func breakOnce(_ bytes: inout [UInt8], _ pieces: [[UInt8]]) {
    let place = below(bytes.count + 1)
    let end = min(bytes.count, place + 1 + below(pick([4, 16, 64])))
    switch below(11) {
    case 0, 1: bytes.insert(contentsOf: pick(pieces), at: place)
    case 2: bytes.replaceSubrange(place..<end, with: pick(pieces))
    case 3 where place < bytes.count: bytes[place] = UInt8(below(256))
    case 4 where place < bytes.count: bytes[place] ^= 1 << UInt8(below(8))
    case 5: bytes.removeSubrange(place..<end)
    case 6: bytes.removeSubrange(place...)
    case 7: bytes.insert(contentsOf: bytes[place..<end], at: below(bytes.count + 1))
    case 8: repeatPiece(&bytes, place..<end)
    case 9: replaceNumber(&bytes, near: place)
    default: bytes.insert(contentsOf: pick(SeededRandom.oddTexts), at: place)
    }
  }

  /// A part stands there over and over: mostly a few times, sometimes so often that it meets a bound.
  private mutating func repeatPiece(_ bytes: inout [UInt8], _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    let times = min(pick([2, 3, 8, 50, 400, 5_000]), 40_000 / range.count)
    let part = Array(bytes[range])
    bytes.insert(contentsOf: Array(repeating: part, count: times).joined(), at: range.lowerBound)
  }

  /// The next number becomes one at the edge of what a type can hold.
  private mutating func replaceNumber(_ bytes: inout [UInt8], near place: Int) {
    let isDigit = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
    bytes.replaceSubrange(start..<end, with: pick(SeededRandom.oddNumbers))
  }

  private static let oddNumbers: [[UInt8]] = [
    "0", "-0", "-1", "1e999", "-1e999", "1e-999", "2147483647", "2147483648", "4294967296", "9223372036854775807",
    "9223372036854775808", "18446744073709551615", "18446744073709551616", "99999999999999999999999999", "0.1",
    "1.7976931348623157e308", "5e-324", "nan", "inf", "0x10", "00", "1_0",
  ].map { Array($0.utf8) }

  /// A zero byte, controls, ends of lines, a byte order mark, texts that aren't UTF-8, letters that join or turn around.
  private static let oddTexts: [[UInt8]] = [
    [0], [0x1B], [0x7F], [0x0D], [0x0A], [0x0D, 0x0A], [0xEF, 0xBB, 0xBF], [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80],
    [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x80, 0xAE], [0xC3], Array("é😀\u{301}".utf8), Array("\\ud83d".utf8),
    Array("\\u0000".utf8),
  ]
}
