extension DocumentReading {
  /// Reads `[kafka.properties]`. `linger.ms = 5` without quotes is TOML for a table `linger`; it is read as the
  /// property.
  func readProperties(_ table: Int, prefix: String = "") {
    for child in document.nodes[table].children {
      let node = document.nodes[child]
      let name = prefix + node.key
      let place = NamedValue(reading: self, node: child, name: "kafka.properties \(DocumentReading.quoted(name))")
      switch node.value {
      case .table: readProperties(child, prefix: "\(name).")
      case .integer(let number): add(name, .plain(String(number)), place)
      case .real(let number): add(name, .plain("\(number)"), place)
      case .boolean(let boolean): add(name, .plain(boolean ? "true" : "false"), place)
      case .string:
        guard let expansion = place.expanded("write a text in quotes") else { continue }
        if isSecret(name) || !expansion.variables.isEmpty {
          let secret = Secret(expansion.value, origin: place.origin(of: expansion))
          if isSecret(name) { place.adviseOfOpenText(secret) }
          add(name, .secret(secret), place)
        } else {
          add(name, .plain(expansion.value), place)
        }
      case .array, .dateTime: place.complainOfType("write a text, a number, or true or false")
      }
    }
  }

  /// Adds a property if the client accepts it.
  private func add(_ name: String, _ value: Connection.Value, _ place: NamedValue) {
    let node = document.nodes[place.node]
    // Asking librdkafka takes time, and the complaint isn't shown.
    if isBeyondShown(node.keyPosition) { return complain(at: node.keyPosition, "") }
    if let key = Connection.instead[name] {
      complain(at: node.keyPosition, "\(place.name): write \(key) instead")
    } else if let complaint = surroundings.client?.complaint(about: name, value: value.reveal()) {
      // librdkafka's message can contain the value, and that of a variable must not be shown.
      let hidesValue = if case .secret = value { complaint.isAboutValue } else { false }
      complain(
        at: complaint.isAboutValue ? node.position : node.keyPosition,
        "kafka.properties: \(hidesValue ? "librdkafka refuses the value of '\(DocumentReading.quoted(name))'" : DocumentReading.quoted(complaint.message, 300))"
      )
    } else {
      settings.kafka.properties.append(Connection.Property(name: name, value: value))
    }
  }

  /// Checks the keys of `[kafka]` against each other.
  func checkConnection() {
    if find("kafka", "brokers") == nil, !isPartial {
      let position = find("kafka").map { document.nodes[$0].position }
      complain(
        at: position ?? Complaint.Position(line: 1, column: 1),
        "kafka.brokers is missing: write [kafka] and under it brokers = \"host:9092\"")
    }
    checkLogin()
    if let table = find("kafka", "tls") {
      let position = document.nodes[table].position
      switch (find("kafka", "tls", "certificate_file"), find("kafka", "tls", "key_file")) {
      case (.some, nil) where !isPartial:
        complain(at: position, "kafka.tls: certificate_file needs key_file")
      case (nil, .some) where !isPartial:
        complain(at: position, "kafka.tls: key_file needs certificate_file")
      default: break
      }
    }
    for property in settings.kafka.properties {
      for (table, names) in Connection.typed where names.contains(property.name) {
        guard let typed = find("kafka", table), let node = propertyNode(property.name) else { continue }
        let line = document.nodes[typed].position.line
        complain(
          at: document.nodes[node].keyPosition,
          "kafka.properties \(property.name): [kafka.\(table)] on line \(line) sets this already; keep one of them")
      }
    }
  }

  private func checkLogin() {
    guard let table = find("kafka", "sasl"), let sasl = settings.kafka.sasl else { return }
    let position = document.nodes[table].position
    let password = find("kafka", "sasl", "password")
    if let password, let file = find("kafka", "sasl", "password_file") {
      let later = document.nodes[max(password, file, by: document)]
      complain(at: later.keyPosition, "kafka.sasl: password and password_file are both set; keep one of them")
    }
    if isPartial { return }
    if find("kafka", "sasl", "mechanism") == nil {
      let words = Connection.SASL.mechanisms.joined(separator: ", ")
      complain(at: position, "kafka.sasl.mechanism is missing: write one of \(words)")
    }
    guard sasl.needsPassword else { return }
    if find("kafka", "sasl", "username") == nil {
      complain(at: position, "kafka.sasl.username is missing: \(sasl.mechanism) needs one")
    }
    if password == nil, find("kafka", "sasl", "password_file") == nil {
      complain(
        at: position,
        "kafka.sasl has no password: write password_file = \"$CREDENTIALS_DIRECTORY/…\" or password = \"${VARIABLE}\"")
    }
    if sasl.mechanism == "PLAIN", settings.kafka.tls == nil {
      complain(
        at: position, "kafka.sasl: PLAIN without [kafka.tls] sends the password unencrypted; add [kafka.tls]", .advice)
    }
  }

  /// The node of a property, even if its name is written as a path of tables.
  func propertyNode(_ name: String) -> Int? {
    func search(_ table: Int, _ prefix: String) -> Int? {
      for child in document.nodes[table].children {
        let node = document.nodes[child]
        if case .table = node.value {
          if let found = search(child, "\(prefix)\(node.key).") { return found }
        } else if prefix + node.key == name {
          return child
        }
      }
      return nil
    }
    return find("kafka", "properties").flatMap { search($0, "") }
  }
}

extension Connection.SASL {
  /// Whether the mechanism logs in with a name and a password.
  var needsPassword: Bool { mechanism == "PLAIN" || mechanism.hasPrefix("SCRAM-") }
}

/// The later of two nodes in the text.
private func max(_ a: Int, _ b: Int, by document: Document) -> Int {
  document.nodes[a].keyPosition < document.nodes[b].keyPosition ? b : a
}

extension Connection {
  /// The properties that a table of its own sets.
  static let typed: [(table: String, properties: Set<String>)] = [
    ("sasl", ["security.protocol", "sasl.mechanism", "sasl.mechanisms", "sasl.username", "sasl.password"]),
    ("tls", ["security.protocol", "ssl.ca.location", "ssl.certificate.location", "ssl.key.location"]),
  ]

  /// Properties that a key of another table sets.
  static let instead: [String: String] = [
    "bootstrap.servers": "brokers under [kafka]", "metadata.broker.list": "brokers under [kafka]",
    "group.id": "group under [evaluator]", "queue.buffering.max.kbytes": "buffer under [agent]",
    "log_level": "level under [log]",
  ]
}
