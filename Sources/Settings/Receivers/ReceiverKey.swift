import Forwarding
import Platform

/// One key of `[[receiver]]`, in the order in which they are explained and printed.
enum ReceiverKey: String, CaseIterable {
  case name, match
  case groupBy = "group_by"
  case groupWait = "group_wait"
  case groupInterval = "group_interval"
  case `repeat`
  case giveUpAfter = "give_up_after"
  case webhook, alertmanager, mail, command

  /// The keys of which a receiver has one.
  static let ways: [ReceiverKey] = [.webhook, .alertmanager, .mail, .command]
}

/// The keys of the ways.
enum WayKeys {
  static let web = ["url", "url_file", "headers", "ca_file", "proxy", "timeout"]
  static let webhook = web + ["body", "body_file", "hmac_secret", "hmac_secret_file"]
  static let alertmanager = web + ["resend"]
  static let mail = ["server", "from", "to", "username", "password", "password_file", "tls", "ca_file"]
  static let command = ["run", "path", "timeout"]

  /// The words of `tls`, and whether mail goes only through TLS.
  static let tls: [(word: String, isRequired: Bool)] = [("offered", false), ("required", true)]
}

extension ReceiverKey {
  /// The key with its value in a receiver as a line of TOML; none if the key is left out.
  func written(of receiver: ReceiverSettings) -> String {
    let definition = receiver.definition
    let value: String? =
      switch self {
      case .name: Settings.quoted(definition.name)
      case .match:
        definition.match.isEmpty
          ? nil
          : Settings.inlineTable(definition.match.map { (Settings.quotedKey($0.part), Settings.quoted($0.glob)) })
      case .groupBy: definition.groupBy.map { Settings.written(.texts($0)) }
      case .groupWait: definition.groupBy.map { _ in Settings.quoted(definition.groupWait.text) }
      case .groupInterval: definition.groupBy.map { _ in Settings.quoted(definition.groupInterval.text) }
      case .repeat: definition.tellsReminders ? "true" : "false"
      case .giveUpAfter: Settings.quoted(definition.giveUpAfter.text)
      case .webhook, .alertmanager, .mail, .command:
        receiver.way.name == rawValue ? Settings.inlineTable(receiver.way.entries) : nil
      }
    return value.map { "\(rawValue) = \($0)\n" } ?? ""
  }
}

extension ReceiverSettings.Way {
  /// The keys of the way with their values as TOML.
  fileprivate var entries: [(name: String, value: String)] {
    switch self {
    case .webhook(let webhook):
      var entries = webhook.web.entries
      if let body = webhook.body {
        entries.append(body.file.map { ("body_file", Settings.quoted($0)) } ?? ("body", Settings.quoted(body.text)))
      }
      if let secret = webhook.hmacSecret { entries.append(Self.entry("hmac_secret", secret)) }
      return entries
    case .alertmanager(let alertmanager):
      return alertmanager.web.entries + [("resend", Settings.quoted(alertmanager.resend.text))]
    case .mail(let mail):
      var entries = [
        ("server", Settings.written(.text(mail.server))), ("from", Settings.written(.text(mail.from))),
        ("to", Settings.written(.texts(mail.to))),
      ]
      if let username = mail.username { entries.append(("username", Settings.written(.text(username)))) }
      if let password = mail.password { entries.append(Self.entry("password", password)) }
      entries += WayKeys.tls.filter { $0.isRequired == mail.requiresTLS }.map { ("tls", Settings.quoted($0.word)) }
      if let file = mail.caFile { entries.append(("ca_file", Settings.written(.text(file)))) }
      return entries
    case .command(let command):
      var entries = [("run", Settings.written(.texts(command.run)))]
      if let path = command.path { entries.append(("path", Settings.written(.text(path)))) }
      return entries + [("timeout", Settings.quoted(command.timeout.text))]
    }
  }

  /// A secret's key: it ends in `_file` if the secret is in a file.
  fileprivate static func entry(_ name: String, _ secret: Secret) -> (name: String, value: String) {
    if case .file = secret.origin { return ("\(name)_file", Settings.written(.secret(secret))) }
    return (name, Settings.written(.secret(secret)))
  }
}

extension ReceiverSettings.Web {
  fileprivate var entries: [(name: String, value: String)] {
    var entries = [ReceiverSettings.Way.entry("url", url)]
    if !headers.isEmpty {
      let fields = headers.map { header -> (String, String) in
        let value = Settings.written(.secret(header.value))
        if case .file = header.value.origin { return (Settings.quotedKey(header.name), "{ file = \(value) }") }
        return (Settings.quotedKey(header.name), value)
      }
      entries.append(("headers", Settings.inlineTable(fields)))
    }
    if let caFile { entries.append(("ca_file", Settings.written(.text(caFile)))) }
    entries.append(("proxy", usesProxy ? "true" : "false"))
    entries.append(("timeout", Settings.quoted(timeout.text)))
    return entries
  }
}
