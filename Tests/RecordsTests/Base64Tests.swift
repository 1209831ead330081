import Records
import Testing

@Suite("Base64")
struct Base64Tests {
  @Test("Base64 agrees with RFC 4648, and reads back")
  func base64() {
    for (plain, encoded) in [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ] { #expect(Base64.encode(Array(plain.utf8)) == encoded) }
    let all = (0...255).map(UInt8.init) + [0xFF, 0xFE]
    let text = Array(Base64.encode(all).utf8)
    #expect(text.withUnsafeBytes { Base64.decode($0) } == all)
  }
}
