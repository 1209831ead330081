import Platform
import Receivers
import Settings

/// What a receiver of the configuration means for `Receivers`: checked, without any effect outside.
enum WayPlan {
  case webhook(WebhookChannel.Options)
  case alertmanager(AlertmanagerChannel.Options)
  case mail(MailChannel.Options)
  case command(CommandChannel.Options)

  /// The plan for a receiver; nil if there are problems, which are appended to `problems`.
  static func make(_ receiver: ReceiverSettings, _ problems: inout [ReceiverComplaint]) -> WayPlan? {
    var findings = Findings(way: receiver.way.name)
    let plan: WayPlan? =
      switch receiver.way {
      case .webhook(let webhook): findings.options(webhook).map { .webhook($0) }
      case .alertmanager(let alertmanager): findings.options(alertmanager).map { .alertmanager($0) }
      case .mail(let mail): findings.options(mail).map { .mail($0) }
      case .command(let command): findings.options(command).map { .command($0) }
      }
    problems += findings.problems
    return findings.problems.isEmpty ? plan : nil
  }
}

/// The values of one way, and what is wrong with them.
private struct Findings {
  let way: String
  var problems: [ReceiverComplaint] = []

  init(way: String) { self.way = way }

  /// The result of `make`; nil, after noting why, if it throws.
  private mutating func value<Value>(_ key: String, _ make: () throws(ReceiverProblem) -> Value) -> Value? {
    do {
      return try make()
    } catch {
      problems.append(ReceiverComplaint([way, key], error.message))
      return nil
    }
  }

  private mutating func headers(_ headers: [ReceiverSettings.Header]) -> [HeaderField] {
    var seen: Set<String> = []
    return headers.compactMap { header in
      if !seen.insert(header.name.lowercased()).inserted {
        problems.append(
          ReceiverComplaint([way, "headers", header.name], "the header is there twice; leave one of them out"))
      }
      do throws(ReceiverProblem) {
        return try HeaderField(name: header.name, value: header.value.reveal())
      } catch {
        problems.append(ReceiverComplaint([way, "headers", header.name], error.message))
        return nil
      }
    }
  }

  private mutating func address(_ web: ReceiverSettings.Web) -> WebAddress? {
    value(key("url", web.url)) { () throws(ReceiverProblem) in try WebAddress(web.url.reveal()) }
  }

  private mutating func http(_ web: ReceiverSettings.Web) -> HTTPOptions {
    var options = HTTPOptions()
    options.headers = headers(web.headers)
    options.caFile = web.caFile
    options.usesProxyOfEnvironment = web.usesProxy
    options.limit = web.timeout
    return options
  }

  /// The key under which a secret stands in the file.
  private func key(_ name: String, _ secret: Secret) -> String {
    if case .file = secret.origin { return "\(name)_file" }
    return name
  }

  mutating func options(_ webhook: ReceiverSettings.Webhook) -> WebhookChannel.Options? {
    let http = http(webhook.web)
    let body = webhook.body.flatMap { template($0) }
    guard let address = address(webhook.web) else { return nil }
    var options = WebhookChannel.Options(address: address)
    options.http = http
    options.body = body
    options.secret = webhook.hmacSecret.map { Array($0.reveal().utf8) }
    return options
  }

  private mutating func template(_ template: ReceiverSettings.Template) -> BodyTemplate? {
    do {
      return try BodyTemplate(template.text)
    } catch {
      let key = template.file == nil ? "body" : "body_file"
      for problem in error.list {
        let place = "\(problem.line):\(problem.column)"
        problems.append(
          ReceiverComplaint([way, key], "\(template.file.map { "\($0):\(place)" } ?? place): \(problem.message)"))
      }
      return nil
    }
  }

  mutating func options(_ alertmanager: ReceiverSettings.Alertmanager) -> AlertmanagerChannel.Options? {
    let http = http(alertmanager.web)
    guard let address = address(alertmanager.web) else { return nil }
    let key = key("url", alertmanager.web.url)
    guard
      var options = value(key, { () throws(ReceiverProblem) in try AlertmanagerChannel.Options(address: address) })
    else { return nil }
    options.http = http
    return options
  }

  mutating func options(_ mail: ReceiverSettings.Mail) -> MailChannel.Options? {
    let sender = value("from") { () throws(ReceiverProblem) in try MailAddress(mail.from) }
    let recipients = mail.to.compactMap { text in
      value("to") { () throws(ReceiverProblem) in try MailAddress(text) }
    }
    var login: MailServer.Login?
    if let user = mail.username, let password = mail.password {
      login = value(key("password", password)) { () throws(ReceiverProblem) in
        try MailServer.Login(user: user, password: password.reveal())
      }
    }
    let server = value("server") { () throws(ReceiverProblem) in
      try MailServer(mail.server, login: login, requiresTLS: mail.requiresTLS, caFile: mail.caFile)
    }
    guard let sender, let server, recipients.count == mail.to.count else { return nil }
    // The same on all hosts, so that a mail that another one sends again has the same Message-ID.
    let domain = sender.description.split(separator: "@").last.map { String($0) } ?? ""
    return value("to") { () throws(ReceiverProblem) in
      try MailChannel.Options(server: server, sender: sender, recipients: recipients, host: domain)
    }
  }

  mutating func options(_ command: ReceiverSettings.Command) -> CommandChannel.Options? {
    var options = value("run") { () throws(ReceiverProblem) in
      try CommandChannel.Options(command.run, path: command.path)
    }
    options?.limit = command.timeout
    return options
  }
}
