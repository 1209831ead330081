/// A queue of plain elements in one piece of memory, which grows by doubling and doesn't shrink.
struct Ring<Element: BitwiseCopyable>: ~Copyable {
  private var elements: UnsafeMutablePointer<Element>
  private var mask: Int
  private var head = 0
  private(set) var count = 0

  init(capacity: Int = 16) {
    var size = 16
    while size < capacity { size *= 2 }
    mask = size - 1
    elements = .allocate(capacity: size)
  }

  deinit { elements.deallocate() }

  var isEmpty: Bool { count == 0 }

  /// The element at `place`, 0 being the oldest; it must exist.
  subscript(place: Int) -> Element {
    get { elements[(head &+ place) & mask] }
    set { elements[(head &+ place) & mask] = newValue }
  }

  mutating func append(_ element: Element) {
    if count > mask { grow() }
    (elements + ((head &+ count) & mask)).initialize(to: element)
    count += 1
  }

  mutating func popFirst() -> Element? {
    if count == 0 { return nil }
    let element = elements[head]
    head = (head + 1) & mask
    count -= 1
    return element
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: (mask + 1) * 2)
    let first = mask + 1 - head
    larger.moveInitialize(from: elements + head, count: first)
    (larger + first).moveInitialize(from: elements, count: count - first)
    elements.deallocate()
    elements = larger
    mask = mask * 2 + 1
    head = 0
  }
}
