import Platform
import Rules

/// One run over one document: the settings that come of it, and everything to complain of.
final class Reading {
  let document: Document
  let file: String
  let surroundings: Surroundings
  /// Lines that aren't TOML were left out: what is missing may have stood there.
  let isPartial: Bool
  private(set) var complaints: [Complaint] = []
  var settings: Settings

  init(document: Document, file: String, surroundings: Surroundings, isPartial: Bool) {
    self.document = document
    self.file = file
    self.surroundings = surroundings
    self.isPartial = isPartial
    settings = Settings(brokers: "", hostName: surroundings.hostName)
  }

  /// Reads everything.
  func run() {
    // An empty table counts: `[kafka.tls]` alone switches TLS on.
    if find("kafka", "sasl") != nil { settings.kafka.sasl = Connection.SASL(mechanism: "") }
    if find("kafka", "tls") != nil { settings.kafka.tls = Connection.TLS() }
    readTable(0, path: "")
    checkConnection()
    checkTopics()
    checkRuleNames()
    checkPace()
    if !isPartial, !complaints.contains(where: { $0.weight == .mistake }) { checkClient() }
  }

  /// Adds a complaint about a place.
  func complain(at position: Complaint.Position?, _ message: String, _ weight: Complaint.Weight = .mistake) {
    complaints.append(Complaint(file: file, position: position, weight: weight, message: message))
  }

  /// The node under these keys; nil where there is none.
  func find(_ path: String...) -> Int? {
    var node = 0
    for key in path {
      guard let child = document.child(key, of: node) else { return nil }
      node = child
    }
    return node
  }

  /// `path`, seen from the folder of the configuration file.
  func resolve(_ path: String) -> String {
    guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
    return file[...slash] + path
  }

  private static let tables = Set(Key.tables + ["kafka", "kafka.properties"])
  private static let keys = Dictionary(uniqueKeysWithValues: Key.all.map { ($0.path, $0) })

  private func readTable(_ table: Int, path: String) {
    for child in document.nodes[table].children {
      let node = document.nodes[child]
      let name = path.isEmpty ? node.key : "\(path).\(node.key)"
      if name == "rule" {
        readRules(child)
      } else if Reading.tables.contains(name) {
        guard case .table = node.value else {
          complain(at: node.position, "\(name): that is \(node.value.kind): write a table, [\(name)]")
          continue
        }
        if name == "kafka.properties" { readProperties(child) } else { readTable(child, path: name) }
      } else if let key = Reading.keys[name] {
        key.read(Place(reading: self, node: child, name: name), &settings)
      } else {
        complainOfUnknown(node, in: path)
      }
    }
  }

  private func complainOfUnknown(_ node: Document.Node, in path: String) {
    let known =
      path.isEmpty
      ? Key.tables.filter { !$0.contains(".") } + ["rule"]
      : Key.all.filter { $0.table == path }.map(\.name)
        + Reading.tables.filter { $0.hasPrefix(path + ".") }.map { String($0.dropFirst(path.count + 1)) }.sorted()
    let name = path.isEmpty ? node.key : "\(path).\(node.key)"
    let what = "unknown key \(Reading.quoted(name))"
    if let meant = suggestion(for: node.key, among: known) {
      complain(at: node.keyPosition, "\(what); did you mean \(meant)?")
    } else if let key = Key.all.first(where: { $0.name == node.key }) {
      complain(at: node.keyPosition, "\(what); did you mean \(node.key) under [\(key.table)]?")
    } else if path == "kafka" {
      complain(at: node.keyPosition, "\(what); what librdkafka itself knows goes under [kafka.properties]")
    } else {
      let place = path.isEmpty ? "a configuration" : "[\(path)]"
      complain(at: node.keyPosition, "\(what); \(place) has \(known.joined(separator: ", "))")
    }
  }

  /// A text from the file as it can be shown: on one line, and no longer than it helps.
  static func quoted(_ text: String, _ length: Int = 80) -> String {
    var shown = ""
    for scalar in text.unicodeScalars.prefix(length) {
      shown.unicodeScalars.append(Names.isControl(scalar) ? "\u{FFFD}" : scalar)
    }
    return text.unicodeScalars.count > length ? shown + "…" : shown
  }
}
