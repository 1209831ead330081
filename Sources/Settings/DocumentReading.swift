import Platform
import Rules

/// Reads one document: produces the settings and all complaints.
package final class DocumentReading {
  package let document: Document
  let file: String
  package let surroundings: Surroundings
  /// Whether lines that aren't TOML were left out, so that missing keys may have been there.
  package let isPartial: Bool
  /// Whether every user of the machine may read the file.
  let isOpenToAll: Bool
  package private(set) var complaints: [Complaint] = []
  /// How many complaints there were, kept or not.
  package private(set) var complaintCount = 0
  /// Whether there is a mistake among them.
  private(set) var hasMistake = false
  /// The places of the last mistake and the last advice that are shown; later ones are only counted.
  private var lastShown: (mistake: Complaint.Position?, advice: Complaint.Position?)

  package var settings: Settings

  package init(document: Document, file: String, surroundings: Surroundings, isPartial: Bool, isOpenToAll: Bool = false)
  {
    self.document = document
    self.file = file
    self.surroundings = surroundings
    self.isPartial = isPartial
    self.isOpenToAll = isOpenToAll
    settings = Settings(brokers: "", hostName: surroundings.hostName)
  }

  /// Reads everything.
  func run() {
    // An empty table counts: `[kafka.tls]` alone enables TLS, `[lag]` alone watches all groups.
    if find("kafka", "sasl") != nil { settings.kafka.sasl = Connection.SASL(mechanism: "") }
    if find("kafka", "tls") != nil { settings.kafka.tls = Connection.TLS() }
    if find("lag") != nil { settings.lag = Settings.Lag() }
    readTable(0, path: "")
    checkConnection()
    checkTopics()
    checkGroups()
    completeStreams()
    checkStreams()
    checkRuleNames()
    checkRuleStreams()
    checkReceivers()
    checkPace()
    checkMemory()
    if !hasMistake { checkSizes() }
    if !isPartial, !hasMistake { checkClient() }
  }

  /// Adds a complaint about a place.
  ///
  /// Complaints that won't be shown are only counted; their message isn't even made.
  package func complain(
    at position: Complaint.Position?, _ message: @autoclosure () -> String, _ weight: Complaint.Weight = .mistake
  ) {
    complaintCount += 1
    if weight == .mistake { hasMistake = true }
    if isBeyondShown(position, weight) { return }
    let message = message()
    complaints.append(Complaint(file: file, position: position, weight: weight, message: message))
    if complaints.count > 10 * [Complaint].greatestCount { dropLater() }
  }

  /// The node under these keys; nil if there is none.
  func find(_ path: String...) -> Int? {
    var node = 0
    for key in path {
      guard let child = document.child(key, of: node) else { return nil }
      node = child
    }
    return node
  }

  /// The keys whose value is the machine's name, because the file doesn't set them.
  var machineNames: Set<String> {
    var names: Set<String> = []
    if find("agent", "host") == nil { names.insert("agent.host") }
    if find("run", "instance") == nil { names.insert("run.instance") }
    return names
  }

  /// `path`, relative to the folder of the configuration file.
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
      } else if name == "stream" {
        readStreams(child)
      } else if name == "receiver" {
        readReceivers(child)
      } else if DocumentReading.tables.contains(name) {
        guard case .table = node.value else {
          complain(at: node.position, "\(name): that is \(node.value.kind): write a table, [\(name)]")
          continue
        }
        if name == "kafka.properties" { readProperties(child) } else { readTable(child, path: name) }
      } else if let key = DocumentReading.keys[name] {
        key.read(NamedValue(reading: self, node: child, name: name), &settings)
      } else {
        complainOfUnknown(node, in: path)
      }
    }
  }

  /// How many complaints aren't kept.
  package var droppedComplaints: Int { complaintCount - complaints.count }

  /// Whether a complaint about this place is one of those that are only counted.
  func isBeyondShown(_ position: Complaint.Position?, _ weight: Complaint.Weight = .mistake) -> Bool {
    guard let position, let last = weight == .mistake ? lastShown.mistake : lastShown.advice else { return false }
    return position > last
  }

  /// Drops complaints that won't be shown: all but the first mistakes, and all but the first advice.
  private func dropLater() {
    complaints = complaints.inFileOrder
    for weight in [Complaint.Weight.mistake, .advice] {
      let places = complaints.indices.filter { complaints[$0].weight == weight }.dropFirst([Complaint].greatestCount)
      guard let first = places.first else { continue }
      let last = complaints[first].position
      if weight == .mistake { lastShown.mistake = last } else { lastShown.advice = last }
      let dropped = Set(places)
      complaints = complaints.indices.filter { !dropped.contains($0) }.map { complaints[$0] }
    }
  }

  private func complainOfUnknown(_ node: Document.Node, in path: String) {
    complain(at: node.keyPosition, unknown(node, in: path))
  }

  private func unknown(_ node: Document.Node, in path: String) -> String {
    let known =
      path.isEmpty
      ? Key.tables.filter { !$0.contains(".") } + ["stream", "rule", "receiver"]
      : Key.all.filter { $0.table == path }.map(\.name)
        + DocumentReading.tables.filter { $0.hasPrefix(path + ".") }.map { String($0.dropFirst(path.count + 1)) }
        .sorted()
    let name = path.isEmpty ? node.key : "\(path).\(node.key)"
    let what = "unknown key \(DocumentReading.quoted(name))"
    if let place = Key.moved[name] {
      return "\(name) has moved: write this line under [\(place.table)], as \(place.name)"
    } else if let meant = suggestion(for: node.key, among: known) {
      return "\(what); did you mean \(meant)?"
    } else if let key = Key.all.first(where: { $0.name == node.key }) {
      return "\(what); did you mean \(node.key) under [\(key.table)]?"
    } else if path == "kafka" {
      return "\(what); write properties of librdkafka under [kafka.properties]"
    } else {
      let place = path.isEmpty ? "a configuration" : "[\(path)]"
      return "\(what); \(place) has \(known.joined(separator: ", "))"
    }
  }

  /// The complaint that `key` is none of `known`, the keys of `what`, and which was probably meant.
  package static func unknown(_ key: String, _ what: String, _ known: [String]) -> String {
    let meant = suggestion(for: key, among: known).map { "did you mean \($0)?" }
    return "unknown key \(quoted(key)); \(meant ?? "\(what) has \(known.joined(separator: ", "))")"
  }

  /// The sentence about a `name` that isn't among those `known`; `ifNone`: what to do if none is.
  package static func missing(_ what: String, _ name: String, _ known: [String], ifNone: String? = nil) -> String {
    let meant = suggestion(for: name, among: known).map { "did you mean \"\($0)\"?" }
    let cure = known.isEmpty ? ifNone : nil
    return "there is no \(what) \"\(quoted(name))\"; \(meant ?? cure ?? "there are \(known.joined(separator: ", "))")"
  }

  /// A text from the file as it can be shown: on one line, and at most `length` characters.
  package static func quoted(_ text: String, _ length: Int = 80) -> String {
    let shown = Printable.text(String(text.unicodeScalars.prefix(length)))
    return text.unicodeScalars.count > length ? shown + "…" : shown
  }
}
