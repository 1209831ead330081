/// How far a mail's dialogue with its server has come (RFC 5321), and what the server said of whom.
///
/// It follows the lines that libcurl sends and gets, since libcurl itself tells only the last status.
struct SMTPDialogue {
  /// What was said last by our side.
  enum Stage {
    /// Nothing yet, or what leads to a login.
    case greeting
    /// MAIL FROM
    case sender
    /// RCPT TO
    case recipients
    /// DATA
    case data
    /// The whole message.
    case message
    /// QUIT: no answer that follows is about the mail.
    case goodbye
  }

  private(set) var stage = Stage.greeting
  /// The status for the sender; nil before it comes.
  private(set) var sender: Int?
  /// The statuses for the recipients, in their order.
  private(set) var recipients: [Int] = []
  /// The status for the message, or for DATA if that was refused; nil before it comes.
  private(set) var message: Int?
  /// The last status of all.
  private(set) var last: Int?

  /// We say this. Lines of a login can't be taken for a command: they have no blank and no colon.
  mutating func command(_ line: some Collection<UInt8>) {
    // No line of a login is this: it would stand for bytes that aren't UTF-8.
    if line.elementsEqual("QUIT\r".utf8) || line.elementsEqual("QUIT".utf8) { return stage = .goodbye }
    switch stage {
    case .greeting where line.starts(with: "MAIL FROM:".utf8): stage = .sender
    case .sender where line.starts(with: "RCPT TO:".utf8): stage = .recipients
    case .recipients where line.starts(with: "DATA".utf8): stage = .data
    default: break
    }
  }

  /// All of the message has been handed over.
  mutating func uploaded() {
    if stage == .data { stage = .message }
  }

  /// The server says this. Only the last line of an answer counts.
  mutating func reply(_ line: some Collection<UInt8>) {
    guard stage != .goodbye, let status = SMTPDialogue.status(of: line) else { return }
    last = status
    switch stage {
    case .greeting, .goodbye: break
    case .sender: sender = status
    case .recipients: recipients.append(status)
    case .data where status >= 400, .message: message = message ?? status
    case .data: break
    }
  }

  private static func status(of line: some Collection<UInt8>) -> Int? {
    var status = 0
    for byte in line.prefix(3) {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      status = status * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return status >= 200 && line.dropFirst(3).first != UInt8(ascii: "-") ? status : nil
  }
}

extension SMTPDialogue {
  /// What became of one recipient.
  enum Fate: Equatable {
    case accepted
    /// Not now, for this reason.
    case later(String)
    /// Refused for good, for this reason.
    case refused(String)
  }

  /// What became of `count` recipients; `failure` says why the dialogue ended where the server didn't.
  ///
  /// A 5xx refuses what it answers to: a recipient, or the message. One that speaks of the login (530, 534, 535, 538), and
  /// one for the sender other than 552 (too large), speaks of how the server is used: these may change.
  func fates(of count: Int, failure: String) -> [Fate] {
    if let sender, sender >= 400 {
      return Array(repeating: SMTPDialogue.fate(sender, at: "MAIL", isFinal: sender == 552), count: count)
    }
    return (0..<count).map { index in
      guard index < recipients.count else { return .later(failureReason(failure)) }
      if recipients[index] >= 400 { return SMTPDialogue.fate(recipients[index], at: "RCPT", isFinal: true) }
      guard let message else { return .later(failure) }
      return message < 400 ? .accepted : SMTPDialogue.fate(message, at: "DATA", isFinal: true)
    }
  }

  private func failureReason(_ failure: String) -> String {
    guard sender == nil, let last, last >= 400 else { return failure }
    return "\(failure) (SMTP status \(last))"
  }

  private static func fate(_ status: Int, at command: String, isFinal: Bool) -> Fate {
    let reason = "SMTP status \(status) to \(command)"
    let isOfLogin = [530, 534, 535, 538].contains(status)
    return isFinal && status >= 500 && !isOfLogin ? .refused(reason) : .later(reason)
  }
}
