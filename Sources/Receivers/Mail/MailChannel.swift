internal import Ccurl
public import Platform
import Synchronization

/// Sends notifications as mail through one server.
public final class MailChannel: Channel {
  /// A mail receiver as configured.
  public struct Options: Sendable {
    /// The server.
    public var server: MailServer
    /// Who sends.
    public var sender: MailAddress
    /// Who gets each mail, 1 to 100.
    public var recipients: [MailAddress]
    /// A domain's name: what the server is greeted with, and the second part of Message-ID. It must stay the same for
    /// repeated mails to have the same Message-ID.
    public var host: String

    /// The time for one attempt.
    public var limit = Duration.seconds(600)
    /// The time until a login is done, or the server is ready without one.
    public var connectLimit = Duration.seconds(30)
    /// The time for each answer to MAIL, RCPT and DATA, and for each piece of the message.
    public var answerLimit = Duration.seconds(60)
    /// The time for the answer to the whole message: a server may look through it.
    public var messageLimit = Duration.seconds(300)

    /// The most recipients.
    public static let maxRecipients = 100

    /// Checks the host and the number of recipients.
    public init(
      server: MailServer, sender: MailAddress, recipients: [MailAddress], host: String
    ) throws(ReceiverProblem) {
      guard (1...Options.maxRecipients).contains(recipients.count), Set(recipients).count == recipients.count else {
        throw ReceiverProblem("a mail has 1 to \(Options.maxRecipients) recipients, each once")
      }
      guard MailAddress.isDomainName(host) else {
        throw ReceiverProblem("the host isn't a domain's name: letters, digits, - and points")
      }
      self.server = server
      self.sender = sender
      self.recipients = recipients
      self.host = host
    }
  }

  /// Who has the notification that was tried last, or has refused it: its next attempt leaves them out.
  private struct Settled {
    var id = ""
    var fates: [MailAddress: SMTPDialogue.Fate] = [:]
  }

  /// The time for the answer to QUIT, which changes nothing.
  private static let goodbyeLimit = Duration.seconds(1)

  private let options: Options
  private let message: MailMessage
  private let curl: Mutex<Curl>
  private let settled = Mutex(Settled())
  private let stop: StopSignal
  private let time: any TimeSource

  /// Throws if no memory is left. `time` is for the header `Date`.
  public init(_ options: Options, stop: StopSignal, time: any TimeSource = SystemTime()) throws(SystemError) {
    self.options = options
    message = MailMessage(sender: options.sender, recipients: options.recipients, host: options.host)
    self.stop = stop
    self.time = time
    curl = Mutex(try Curl())
  }

  /// One mail to those recipients that haven't got this notification yet. It is `delivered` once nobody is left to try
  /// and at least one has it.
  public func send(_ notification: Notification) -> SendOutcome {
    var fates = settled.withLock { $0.id == notification.id ? $0.fates : [:] }
    let open = options.recipients.filter { fates[$0] == nil }
    for (recipient, fate) in zip(open, attempt(message.bytes(for: notification, at: time.wall), to: open)) {
      fates[recipient] = fate
    }
    settled.withLock { settled in
      settled.id = notification.id
      settled.fates = fates.filter { if case .later = $0.value { false } else { true } }
    }
    return outcome(fates)
  }

  private func outcome(_ fates: [MailAddress: SMTPDialogue.Fate]) -> SendOutcome {
    var refusals: [String] = []
    var isAccepted = false
    for recipient in options.recipients {
      switch fates[recipient] {
      case .accepted: isAccepted = true
      case .later(let reason): return .later(reason: reason)
      case .refused(let reason): refusals.append(options.recipients.count > 1 ? "\(recipient): \(reason)" : reason)
      case nil: break
      }
    }
    let refusal = refusals.prefix(3).joined(separator: "; ") + (refusals.count > 3 ? "; and more" : "")
    return isAccepted ? .delivered(remark: refusals.isEmpty ? nil : refusal) : .refused(reason: refusal)
  }

  /// What became of each of `recipients`.
  private func attempt(_ bytes: [UInt8], to recipients: [MailAddress]) -> [SMTPDialogue.Fate] {
    guard !recipients.isEmpty, let list = CurlList(recipients.map { "<\($0)>" }) else {
      return recipients.map { _ in .later("no memory is left") }
    }
    let latest = SystemTime().monotonic + options.limit
    let exchange = Exchange(
      upload: bytes, stop: stop,
      limit: { [options] in min(latest, $0.lastEvent + MailChannel.limit(of: $0.dialogue.stage, options)) })
    return curl.withLock { curl in
      curl.transfer(
        exchange, configure: { configure($0, size: bytes.count, list) },
        then: { end, _ in exchange.dialogue.fates(of: recipients.count, failure: failure(end)) })
    }
  }

  private static func limit(of stage: SMTPDialogue.Stage, _ options: Options) -> Duration {
    switch stage {
    case .greeting: options.connectLimit
    case .sender, .recipients, .data: options.answerLimit
    case .message: options.messageLimit
    case .goodbye: goodbyeLimit
    }
  }

  private func configure(_ curl: borrowing CurlOptions, size: Int, _ recipients: borrowing CurlList) -> Bool {
    let server = options.server
    let tls =
      server.requiresTLS
      ? curl.set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue)) && curl.trust(server.caFile)
      : curl.set(CURLOPT_USE_SSL, Int(CURLUSESSL_TRY.rawValue)) && curl.set(CURLOPT_SSL_VERIFYPEER, 0)
        && curl.set(CURLOPT_SSL_VERIFYHOST, 0)
    let login =
      server.login.map { curl.set(CURLOPT_USERNAME, $0.user) && curl.set(CURLOPT_PASSWORD, $0.password) } ?? true
    // A connection that is kept would be closed by QUIT later, with a wait that nothing interrupts.
    return tls && login && curl.set(CURLOPT_FORBID_REUSE, 1) && curl.set(CURLOPT_PROXY, "")
      && curl.set(CURLOPT_URL, "\(server.address)/\(options.host)") && curl.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
      && curl.set(CURLOPT_MAIL_FROM, "<\(options.sender)>") && curl.set(CURLOPT_MAIL_RCPT, recipients)
      && curl.allowRefusedRecipients() && curl.set(CURLOPT_UPLOAD, 1) && curl.setSize(CURLOPT_INFILESIZE_LARGE, size)
      && curl.set(CURLOPT_CONNECTTIMEOUT_MS, Int(clamping: options.connectLimit.wholeMilliseconds))
      && curl.set(CURLOPT_TIMEOUT_MS, Int(clamping: options.limit.wholeMilliseconds))
      && curl.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, Int(clamping: options.messageLimit.wholeMilliseconds / 1000 + 1))
      && curl.followDialogue()
  }

  private func failure(_ end: Curl.End) -> String {
    switch end {
    case .stopped: StopSignal.reason
    case .timedOut, .ended(CURLE_OPERATION_TIMEDOUT, _): "the mail server doesn't answer in time"
    case .ended(CURLE_OK, _): "the mail server says nothing of the mail"
    case .ended(_, let reason): reason
    }
  }
}
