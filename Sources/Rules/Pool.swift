/// A pool for elements that few subjects or series need: elements by number, freed ones are reused. Number 0 is never
/// used. Elements never move, so the pool grows without copying.
struct Pool<Element: BitwiseCopyable>: ~Copyable {
  /// The number of elements in a page; a power of two.
  private static var page: Int { 64 }

  private var pages: UnsafeMutablePointer<UnsafeMutablePointer<Element>>
  private var pageCount = 0
  private var pageCapacity = 4
  private var used = 0
  private var free: [UInt32] = []

  init() { pages = .allocate(capacity: pageCapacity) }

  deinit {
    for index in 0..<pageCount { pages[index].deallocate() }
    pages.deallocate()
  }

  /// The element with this number from `take`; the pointer is valid until `put`.
  @inline(__always)
  subscript(number: UInt32) -> UnsafeMutablePointer<Element> {
    let index = UInt(number) &- 1
    return pages[Int(index / UInt(Self.page))] + Int(index % UInt(Self.page))
  }

  /// Takes a number, and stores `element` in it.
  mutating func take(_ element: Element) -> UInt32 {
    let number: UInt32
    if let last = free.popLast() {
      number = last
    } else {
      if used == pageCount * Self.page { addPage() }
      used += 1
      number = UInt32(used)
    }
    self[number].initialize(to: element)
    return number
  }

  /// Frees a number; has no effect for 0.
  mutating func put(_ number: UInt32) {
    if number != 0 { free.append(number) }
  }

  /// The number of elements in use.
  var count: Int { used - free.count }

  private mutating func addPage() {
    if pageCount == pageCapacity {
      let larger = UnsafeMutablePointer<UnsafeMutablePointer<Element>>.allocate(capacity: pageCapacity * 2)
      larger.moveInitialize(from: pages, count: pageCount)
      pages.deallocate()
      pages = larger
      pageCapacity *= 2
    }
    pages[pageCount] = .allocate(capacity: Self.page)
    pageCount += 1
  }
}
