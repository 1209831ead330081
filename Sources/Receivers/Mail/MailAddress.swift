/// An address of mail, `LOCAL@DOMAIN` in ASCII without quotes and comments (RFC 5321, section 4.1.2). So it can neither
/// end a command of SMTP nor a header.
public struct MailAddress: Hashable, Sendable, CustomStringConvertible {
  /// `on-call@example.org`
  public let description: String

  /// Checks `text`.
  public init(_ text: String) throws(ReceiverProblem) {
    let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].count <= 64, parts[1].count <= 255,
      MailAddress.isDotted(parts[0], MailAddress.isLocal), MailAddress.isDotted(parts[1], MailAddress.isDomain)
    else { throw ReceiverProblem("a mail address has the form NAME@DOMAIN, in ASCII and without quotes") }
    description = text
  }

  /// Whether `name` is a domain's name in ASCII.
  static func isDomainName(_ name: String) -> Bool {
    name.utf8.count <= 255 && isDotted(name.utf8[...], isDomain)
  }

  private static func isDotted(_ text: Substring.UTF8View, _ isAllowed: (UInt8) -> Bool) -> Bool {
    text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
      !$0.isEmpty && $0.first != UInt8(ascii: "-") && $0.allSatisfy(isAllowed)
    }
  }

  private static func isDomain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  private static func isLocal(_ byte: UInt8) -> Bool { isDomain(byte) || "!#$%&'*+/=?^_`{|}~".utf8.contains(byte) }
}
