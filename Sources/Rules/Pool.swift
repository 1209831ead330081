/// Room for the few that need more than the many: elements by number, freed ones used again. Number 0 is nobody's.
struct Pool<Element: BitwiseCopyable>: ~Copyable {
  private var elements: UnsafeMutablePointer<Element>
  private var capacity: Int
  private var used = 0
  private var free: [UInt32] = []

  init() {
    capacity = 16
    elements = .allocate(capacity: capacity)
  }

  deinit { elements.deallocate() }

  /// The element with this number, which `take` gave; the pointer holds until the next `take`.
  subscript(number: UInt32) -> UnsafeMutablePointer<Element> { elements + (Int(number) - 1) }

  /// A number of one's own, with `element` in it.
  mutating func take(_ element: Element) -> UInt32 {
    let number: UInt32
    if let last = free.popLast() {
      number = last
    } else {
      if used == capacity { grow() }
      used += 1
      number = UInt32(used)
    }
    self[number].initialize(to: element)
    return number
  }

  /// Gives a number back; 0 is let through.
  mutating func put(_ number: UInt32) {
    if number != 0 { free.append(number) }
  }

  /// How many are in use.
  var count: Int { used - free.count }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
    larger.moveInitialize(from: elements, count: used)
    elements.deallocate()
    elements = larger
    capacity *= 2
  }
}
