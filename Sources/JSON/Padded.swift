import Cscan

/// A copy of a text followed by zeros, which end every search and let the scanner read whole blocks.
///
/// Reuse one and load it again and again; it grows to the longest text it has held.
public struct Padded: ~Copyable {
  @usableFromInline var memory: UnsafeMutablePointer<UInt8>
  @usableFromInline var capacity: Int
  /// The number of bytes loaded.
  public private(set) var count: Int

  /// An empty text, with room for `capacity` bytes before it grows.
  public init(capacity: Int = 4096) {
    self.capacity = max(capacity, 1)
    memory = .allocate(capacity: self.capacity + Int(CSCAN_PADDING))
    count = 0
    memory.update(repeating: 0, count: Int(CSCAN_PADDING))
  }

  /// A copy of `bytes`.
  public init(_ bytes: UnsafeRawBufferPointer) {
    self.init(capacity: bytes.count)
    load(bytes)
  }

  /// A copy of `bytes`.
  public init(_ bytes: [UInt8]) {
    self.init(capacity: bytes.count)
    bytes.withUnsafeBytes { load($0) }
  }

  deinit { memory.deallocate() }

  /// The start of the text.
  @inlinable public var start: UnsafePointer<UInt8> { UnsafePointer(memory) }

  /// Replaces the text by a copy of `bytes`.
  public mutating func load(_ bytes: UnsafeRawBufferPointer) {
    if bytes.count > capacity { grow(to: bytes.count) }
    count = bytes.count
    if let source = bytes.baseAddress { UnsafeMutableRawPointer(memory).copyMemory(from: source, byteCount: count) }
    let padding = UnsafeMutableRawPointer(memory + count)
    padding.storeBytes(of: SIMD64<UInt8>(repeating: 0), as: SIMD64<UInt8>.self)
  }

  private mutating func grow(to size: Int) {
    memory.deallocate()
    capacity = max(size, 2 * capacity)
    memory = .allocate(capacity: capacity + Int(CSCAN_PADDING))
  }
}
