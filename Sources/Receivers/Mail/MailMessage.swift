import Platform
import Records

/// A mail as bytes (RFC 5322): headers in ASCII, a text in UTF-8 as quoted-printable.
struct MailMessage {
  /// Who sends it.
  let sender: MailAddress
  /// Who gets it. Not empty.
  let recipients: [MailAddress]
  /// The part of Message-ID after the `@`: a domain's name.
  let host: String

  /// The message for `notification`.
  func bytes(for notification: Notification, at now: WallTime) -> [UInt8] {
    let headers = [
      "From: \(sender)",
      "To: " + recipients.map(\.description).joined(separator: ",\r\n "),
      "Subject: " + EncodedWords.of(MailText.subject(of: notification)),
      "Date: " + MailMessage.date(now),
      "Message-ID: <\(notification.id)@\(host)>",
      "Auto-Submitted: auto-generated",
      "MIME-Version: 1.0",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: quoted-printable",
    ]
    return Array((headers.joined(separator: "\r\n") + "\r\n\r\n").utf8)
      + QuotedPrintable.encode(MailText.body(of: notification))
  }

  /// `Mon, 30 Nov 2026 14:54:04 +0000`
  static func date(_ time: WallTime) -> String {
    let time = min(max(time, .earliest), .latest)
    let text = time.rfc3339
    // Rounded down, also before 1970.
    let days =
      (time.milliseconds - WallTime.earliest.milliseconds) / 86_400_000 + WallTime.earliest.milliseconds / 86_400_000
    let date = GregorianDate(daysSinceEpoch: days)
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let weekday = weekdays[Int((days % 7 + 7) % 7)]
    let year = text.prefix(4)
    return "\(weekday), \(date.day) \(months[Int(date.month - 1)]) \(year) \(text.dropFirst(11).prefix(8)) +0000"
  }
}
