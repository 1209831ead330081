/// Tracks for each open bracket whether it is an object or an array, with one bit. So depth is limited only by the
/// length of the text, and uses no stack.
public struct Nesting: ~Copyable {
  private var words: UnsafeMutablePointer<UInt64>
  private var capacity: Int
  /// The number of open brackets.
  public private(set) var depth: Int

  /// Starts with no open bracket.
  public init() {
    capacity = 16
    words = .allocate(capacity: capacity)
    words.initialize(repeating: 0, count: capacity)
    depth = 0
  }

  deinit { words.deallocate() }

  /// Closes all brackets.
  public mutating func reset() { depth = 0 }

  /// Opens an object, or an array if `object` is false.
  public mutating func open(object: Bool) {
    let index = depth >> 6
    if index == capacity { grow() }
    let bit: UInt64 = 1 << UInt64(depth & 63)
    if object { words[index] |= bit } else { words[index] &= ~bit }
    depth &+= 1
  }

  /// Closes the innermost bracket. Does nothing if none is open.
  public mutating func close() { depth = max(0, depth - 1) }

  /// Whether the innermost open bracket is an object; false if none is open.
  public var isObject: Bool {
    guard depth > 0 else { return false }
    let last = depth &- 1
    return words[last >> 6] & (1 << UInt64(last & 63)) != 0
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: 2 * capacity)
    larger.moveInitialize(from: words, count: capacity)
    (larger + capacity).initialize(repeating: 0, count: capacity)
    words.deallocate()
    words = larger
    capacity *= 2
  }
}

extension Scan {
  /// Skips a value of any kind. `nesting` is scratch space; anything open in it is closed first.
  public static func value(_ place: Place, _ nesting: inout Nesting) -> Place? {
    nesting.reset()
    var p = place
    while true {
      // A value begins here.
      switch p.pointee {
      case UInt8(ascii: "{"):
        p = blanks(p + 1)
        nesting.open(object: true)
        if p.pointee != UInt8(ascii: "}") {
          guard let next = key(p) else { return nil }
          p = next
          continue
        }
      case UInt8(ascii: "["):
        p = blanks(p + 1)
        nesting.open(object: false)
        if p.pointee != UInt8(ascii: "]") { continue }
      default:
        guard let end = scalar(p) else { return nil }
        p = end
      }
      // A value has ended, or an empty object or array is about to. The open bracket decides what may follow.
      guard let next = follow(p, &nesting) else { return nil }
      p = next
      if nesting.depth == 0 { return p }
    }
  }

  /// Skips closing brackets, then a comma (and a key) up to the next value.
  private static func follow(_ place: Place, _ nesting: inout Nesting) -> Place? {
    var p = place
    while nesting.depth > 0 {
      p = blanks(p)
      switch p.pointee {
      case UInt8(ascii: "}") where nesting.isObject, UInt8(ascii: "]") where !nesting.isObject:
        nesting.close()
        p += 1
      case UInt8(ascii: ","):
        p = blanks(p + 1)
        return nesting.isObject ? key(p) : p
      default:
        return nil
      }
    }
    return p
  }

  /// Skips a key, its colon and the blanks around it, up to the value.
  public static func key(_ place: Place) -> Place? {
    guard place.pointee == UInt8(ascii: "\""), let end = string(place + 1) else { return nil }
    let colon = blanks(end)
    guard colon.pointee == UInt8(ascii: ":") else { return nil }
    return blanks(colon + 1)
  }

  /// Skips a string, a number, `true`, `false` or `null`.
  public static func scalar(_ place: Place) -> Place? {
    switch place.pointee {
    case UInt8(ascii: "\""): string(place + 1)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): number(place)
    default: literal(place)
    }
  }
}
