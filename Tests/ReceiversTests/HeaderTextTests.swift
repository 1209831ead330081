import Platform
import Testing

@testable import Receivers

@Suite("Texts of mails")
struct HeaderTextTests {
  @Test("short ASCII stays as it is; everything else is encoded, in words of at most 75 characters")
  func encodedWords() {
    #expect(EncodedWords.of("[critical] cpu-high on web-1") == "[critical] cpu-high on web-1")
    #expect(EncodedWords.of("") == "")
    #expect(EncodedWords.of("é") == "=?UTF-8?B?w6k=?=")
    #expect(EncodedWords.of("=?x") == "=?UTF-8?B?PT94?=")
    for text in [String(repeating: "x", count: 61), String(repeating: "😀é", count: 200)] {
      let words = EncodedWords.of(text).split(separator: "\r\n ")
      #expect(words.count > 1)
      #expect(words.allSatisfy { $0.utf8.count <= 75 && $0.hasPrefix("=?UTF-8?B?") && $0.hasSuffix("?=") })
    }
  }

  @Test("lines of quoted-printable are short, and blanks at their ends stay")
  func quotedPrintable() {
    #expect(text(QuotedPrintable.encode("a=b \n.\n")) == "a=3Db=20\r\n=2E\r\n")
    let long = text(QuotedPrintable.encode(String(repeating: "x", count: 75) + ".é")).split(separator: "\r\n")
    #expect(long == ["\(String(repeating: "x", count: 75))=", "=2E=C3=A9"])
  }

  @Test("dates are those of RFC 5322")
  func dates() {
    #expect(MailMessage.date(WallTime(milliseconds: 0)) == "Thu, 1 Jan 1970 00:00:00 +0000")
    #expect(MailMessage.date(WallTime(milliseconds: -1)) == "Wed, 31 Dec 1969 23:59:59 +0000")
    #expect(MailMessage.date(WallTime(milliseconds: 951_782_400_000)) == "Tue, 29 Feb 2000 00:00:00 +0000")
    #expect(MailMessage.date(WallTime(milliseconds: .max)) == "Fri, 31 Dec 9999 23:59:59 +0000")
    #expect(MailMessage.date(WallTime(milliseconds: .min)) == "Mon, 1 Jan 0001 00:00:00 +0000")
  }

  @Test("a line of a login isn't taken for a command, nor an intermediate line for an answer")
  func dialogue() {
    var dialogue = SMTPDialogue()
    dialogue.reply("220 mail.test\r".utf8)
    dialogue.command("MAILRCPTDATA".utf8)
    #expect(dialogue.stage == .greeting)
    dialogue.command("MAIL FROM:<a@b> SIZE=5".utf8)
    dialogue.reply("250 OK".utf8)
    dialogue.command("RCPT TO:<early@b>".utf8)
    #expect(dialogue.stage == .recipients)
    dialogue.reply("550-first".utf8)
    dialogue.reply("x50 rubbish".utf8)
    dialogue.reply("".utf8)
    #expect(dialogue.recipients.isEmpty)
    dialogue.reply("550".utf8)
    #expect(dialogue.recipients == [550])
    #expect(dialogue.fates(of: 2, failure: "cut") == [.refused("SMTP status 550 to RCPT"), .later("cut")])
  }
}
