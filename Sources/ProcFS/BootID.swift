/// `/proc/sys/kernel/random/boot_id` (proc_sys_kernel(5)).
enum BootID {
  /// Parses the UUID of this boot, 36 characters; nil for anything else.
  static func parse(_ bytes: Span<UInt8>) -> String? {
    guard bytes.count >= 36, bytes.count == 36 || bytes[36] == UInt8(ascii: "\n") else { return nil }
    var text = ""
    for i in 0..<36 {
      switch bytes[i] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "-"):
        text.unicodeScalars.append(Unicode.Scalar(bytes[i]))
      default: return nil
      }
    }
    return text
  }
}
