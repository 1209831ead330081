/// `bytes` in memory of exactly their size, so that AddressSanitizer detects any read beyond them; nil stays nil.
public func withBytes<Result>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
  guard let bytes else { return body(nil) }
  let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
  defer { memory.deallocate() }
  memory.copyBytes(from: bytes)
  return body(UnsafeRawBufferPointer(memory))
}
