import Platform

/// The ways to receivers. Their secrets, variables and files are read only by the program that tells receivers.
extension DocumentReading {
  func readWay(_ key: ReceiverKey, at place: NamedValue) -> ReceiverSettings.Way? {
    switch key {
    case .webhook: readWebhook(place).map { .webhook($0) }
    case .alertmanager: readAlertmanager(place).map { .alertmanager($0) }
    case .mail: readMail(place).map { .mail($0) }
    case .command: readCommand(place).map { .command($0) }
    default: nil
    }
  }

  private var readsSecrets: Bool { surroundings.receivers != nil }

  private func readWebhook(_ place: NamedValue) -> ReceiverSettings.Webhook? {
    let wanted = "write an address, such as { url = \"https://example.org/hook\" }"
    var web = ReceiverSettings.Web(url: Secret(""))
    var body: ReceiverSettings.Template?
    var secret: Secret?
    guard
      readEntry(
        place, wanted, "a webhook", WayKeys.webhook,
        { value, key in
          switch key {
          case "body": body = value.rawText("write a template in quotes").map { ReceiverSettings.Template($0) } ?? body
          case "body_file": body = self.template(value) ?? body
          case "hmac_secret": secret = self.secret(value) ?? secret
          case "hmac_secret_file": secret = self.secretFile(value) ?? secret
          default: self.read(key, value, into: &web)
          }
        })
    else { return nil }
    checkOne(of: "url", in: place, isRequired: true)
    checkOne(of: "body", in: place, isRequired: false)
    checkOne(of: "hmac_secret", in: place, isRequired: false)
    var webhook = ReceiverSettings.Webhook(web)
    (webhook.body, webhook.hmacSecret) = (body, secret)
    return webhook
  }

  private func readAlertmanager(_ place: NamedValue) -> ReceiverSettings.Alertmanager? {
    let wanted = "write an address, such as { url = \"http://127.0.0.1:9093\" }"
    var alertmanager = ReceiverSettings.Alertmanager(.init(url: Secret("")))
    guard
      readEntry(
        place, wanted, "an Alertmanager", WayKeys.alertmanager,
        { value, key in
          if key == "resend" {
            alertmanager.resend = value.duration(.seconds(1) ... .seconds(3600)) ?? alertmanager.resend
          } else {
            self.read(key, value, into: &alertmanager.web)
          }
        })
    else { return nil }
    checkOne(of: "url", in: place, isRequired: true)
    return alertmanager
  }

  private func read(_ key: String, _ value: NamedValue, into web: inout ReceiverSettings.Web) {
    switch key {
    case "url": web.url = secret(value) ?? web.url
    case "url_file": web.url = secretFile(value) ?? web.url
    case "headers": web.headers = headers(value)
    case "ca_file": web.caFile = file(value)
    case "proxy": web.usesProxy = value.boolean() ?? false
    default: web.timeout = value.duration(.seconds(1) ... .seconds(300)) ?? web.timeout
    }
  }

  /// `{ Authorization = "${TOKEN}", X-Token = { file = "/etc/…" } }`
  private func headers(_ place: NamedValue) -> [ReceiverSettings.Header] {
    let wanted = "write headers, such as { Authorization = \"Bearer ${TOKEN}\" }"
    guard case .table = document.nodes[place.node].value else {
      place.complainOfType(wanted)
      return []
    }
    return document.nodes[place.node].children.compactMap { child in
      let key = document.nodes[child].key
      let value = NamedValue(reading: self, node: child, name: "\(place.name).\(DocumentReading.quoted(key))")
      guard case .table = document.nodes[child].value else {
        return secret(value).map { ReceiverSettings.Header(name: key, value: $0) }
      }
      var found: Secret?
      guard readEntry(value, wanted, "a header", ["file"], { file, _ in found = self.secretFile(file) }) else {
        return nil
      }
      if document.child("file", of: child) == nil { value.complain("file is missing") }
      return found.map { ReceiverSettings.Header(name: key, value: $0) }
    }
  }

  private func readMail(_ place: NamedValue) -> ReceiverSettings.Mail? {
    let wanted =
      "write a server and addresses, such as { server = \"smtp://mail:25\", from = \"statusd@example.org\", to = "
      + "[\"on-call@example.org\"] }"
    var mail = ReceiverSettings.Mail(server: "", from: "", to: [])
    guard
      readEntry(
        place, wanted, "mail", WayKeys.mail,
        { value, key in
          switch key {
          case "server": mail.server = self.text(value) ?? ""
          case "from": mail.from = self.text(value) ?? ""
          case "to":
            mail.to =
              value.texts("write addresses in brackets, as in to = [\"on-call@example.org\"]", most: 100) { _ in
                nil
              } ?? []
          case "username": mail.username = self.text(value)
          case "password": mail.password = self.secret(value)
          case "password_file": mail.password = self.secretFile(value)
          case "tls":
            let word = value.word(of: WayKeys.tls.map(\.word))
            mail.requiresTLS = WayKeys.tls.first { $0.word == word }?.isRequired ?? false
          default: mail.caFile = self.file(value)
          }
        })
    else { return nil }
    for key in ["server", "from", "to"] where document.child(key, of: place.node) == nil && !isPartial {
      complain(at: document.nodes[place.node].position, "\(place.name): \(key) is missing")
    }
    checkOne(of: "password", in: place, isRequired: document.child("username", of: place.node) != nil)
    let hasPassword = ["password", "password_file"].contains { document.child($0, of: place.node) != nil }
    if hasPassword, document.child("username", of: place.node) == nil, !isPartial {
      complain(at: document.nodes[place.node].position, "\(place.name): the password needs a username")
    }
    return mail
  }

  private func readCommand(_ place: NamedValue) -> ReceiverSettings.Command? {
    let wanted = "write a program, such as { run = [\"/usr/local/bin/tell\", \"ops\"] }"
    var command = ReceiverSettings.Command(run: [])
    guard
      readEntry(
        place, wanted, "a command", WayKeys.command,
        { value, key in
          switch key {
          case "run":
            command.run =
              value.texts("write the program's path and its arguments in brackets", most: 100) { _ in nil } ?? []
          case "path": command.path = self.text(value)
          default: command.timeout = value.duration(.seconds(1) ... .seconds(3600)) ?? command.timeout
          }
        })
    else { return nil }
    if document.child("run", of: place.node) == nil, !isPartial {
      complain(at: document.nodes[place.node].position, "\(place.name): run is missing")
    }
    return command
  }

  /// One of a key and the same with `_file`, not both.
  private func checkOne(of key: String, in place: NamedValue, isRequired: Bool) {
    switch (document.child(key, of: place.node), document.child("\(key)_file", of: place.node)) {
    case (let first?, let second?):
      let later = max(document.nodes[first].keyPosition, document.nodes[second].keyPosition)
      complain(at: later, "\(place.name): \(key) and \(key)_file are both set; keep one")
    case (nil, nil) where isRequired && !isPartial:
      complain(at: document.nodes[place.node].position, "\(place.name): \(key) or \(key)_file is missing")
    default: break
    }
  }

  // MARK: Values of another program

  /// A text with its variables.
  private func text(_ place: NamedValue) -> String? {
    readsSecrets ? place.text { _ in nil } : place.rawText("write a text in quotes")
  }

  private func secret(_ place: NamedValue) -> Secret? {
    if readsSecrets { return place.secret() }
    guard let raw = place.rawText("write a text in quotes, or \"${VARIABLE}\"") else { return nil }
    let secret = Secret(raw, origin: Secret.isOneVariable(raw) ? .variables(raw) : .literal)
    place.adviseOfOpenText(secret)
    return secret
  }

  private func secretFile(_ place: NamedValue) -> Secret? {
    if readsSecrets { return place.secretFile(of: "secret") }
    return place.rawText("write a path in quotes").map { Secret("", origin: .file($0)) }
  }

  private func file(_ place: NamedValue) -> String? {
    readsSecrets ? place.readableFile(isSecret: false) : place.rawText("write a path in quotes")
  }

  private func template(_ place: NamedValue) -> ReceiverSettings.Template? {
    guard readsSecrets else {
      return place.rawText("write a path in quotes").map { ReceiverSettings.Template("", file: $0) }
    }
    guard let path = place.path() else { return nil }
    do {
      let bytes = try SourceFile.read(path, limit: Settings.greatestTemplate).bytes
      guard let text = String(validating: bytes, as: UTF8.self) else {
        place.complain("the file isn't UTF-8 text")
        return nil
      }
      return ReceiverSettings.Template(text, file: path)
    } catch {
      place.complain("the file \(error.message)")
      return nil
    }
  }
}

extension Settings {
  /// The maximum size of a template's file, in bytes.
  static let greatestTemplate = 64 << 10
}
