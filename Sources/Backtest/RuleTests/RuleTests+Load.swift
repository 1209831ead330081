import Settings
import Platform
import Rules

extension RuleTests {
  /// Reads the file at `path`, and the configuration that it names. Finds all mistakes in one run, except those that a
  /// line that isn't TOML hides.
  public static func load(path: String, surroundings: Surroundings = .machine) -> Loaded {
    do {
      return load(
        text: try SourceFile.read(path, limit: Settings.greatestSize).bytes, file: path, surroundings: surroundings)
    } catch {
      return Loaded(complaints: [Complaint(file: path, position: nil, message: "the test file \(error.message)")])
    }
  }

  /// Reads tests from their text. `file` is the name in complaints, and its folder the start of relative paths.
  public static func load(text: [UInt8], file: String, surroundings: Surroundings = .machine) -> Loaded {
    let source: SourceText
    do {
      source = try SourceText(text, file: file)
    } catch {
      return Loaded(complaints: [error])
    }
    guard let document = source.document else { return Loaded(complaints: source.complaints) }
    let reading = DocumentReading(
      document: document, file: file, surroundings: surroundings, isPartial: !source.complaints.isEmpty)
    var tests = TestReading(reading)
    let found = tests.read()
    let all =
      (source.complaints + reading.complaints).bounded(file: file, dropped: reading.droppedComplaints)
      + tests.complaintsOfConfiguration
    let isUsable = !all.contains { $0.weight == .mistake }
    return Loaded(tests: isUsable ? RuleTests(file: file, tests: found) : nil, complaints: all)
  }
}

extension RuleTests.Loaded {
  fileprivate init(complaints: [Complaint]) { self.init(tests: nil, complaints: complaints) }
}

/// Reads one test file.
struct TestReading {
  let reading: DocumentReading
  /// The settings with the rules.
  private var settings = Settings(brokers: "")
  private(set) var complaintsOfConfiguration: [Complaint] = []
  private var rulesAreKnown = true

  init(_ reading: DocumentReading) { self.reading = reading }

  var document: Document { reading.document }

  private static let keys = ["config", "rule", "test"]

  mutating func read() -> [RuleTests.Test] {
    var tests: [Int] = []
    for child in document.nodes[0].children {
      let node = document.nodes[child]
      switch node.key {
      case "config": readConfiguration(child)
      case "rule": reading.readRules(child)
      case "test": tests = tables(of: child, "test: write each test under [[test]], with two brackets")
      default: complainOfUnknown(child, "a test file", Self.keys)
      }
    }
    reading.checkRuleNames()
    takeRules()
    if tests.isEmpty, !reading.isPartial {
      reading.complain(at: nil, "the file has no test; write one under [[test]]")
    }
    return tests.compactMap { readTest($0) }
  }

  private mutating func readConfiguration(_ node: Int) {
    rulesAreKnown = false
    guard let path = NamedValue(reading: reading, node: node, name: "config").path() else { return }
    let loaded = Settings.load(path: path, surroundings: reading.surroundings)
    complaintsOfConfiguration = loaded.complaints
    guard let settings = loaded.settings else { return }
    rulesAreKnown = true
    self.settings = settings
  }

  /// Takes the rules from the configuration or from the file itself.
  private mutating func takeRules() {
    let own = document.child("rule", of: 0)
    guard let config = document.child("config", of: 0) else {
      if own == nil, !reading.isPartial {
        reading.complain(
          at: nil, "the file has no rules: write config = \"statusd.toml\", or rules under [[rule]]")
        rulesAreKnown = false
      }
      settings.rules = reading.settings.rules
      return
    }
    if let own {
      reading.complain(
        at: max(document.nodes[own].keyPosition, document.nodes[config].keyPosition),
        "config and [[rule]] are both set; keep one")
    }
  }

  private func readTest(_ table: Int) -> RuleTests.Test? {
    let before = reading.complaintCount
    let position = document.nodes[table].position
    var test = RuleTests.Test(
      name: "", position: position, settings: settings, interval: .zero,
      start: WallTime(milliseconds: 1_767_225_600_000), series: [], expected: [])
    var expectations: [Int] = []
    var seriesTables: [Int] = []
    for child in document.nodes[table].children {
      let key = document.nodes[child].key
      let place = NamedValue(reading: reading, node: child, name: "test: \(key)")
      switch key {
      case "name": test.name = place.rawText("write a sentence in quotes") ?? ""
      case "interval":
        test.interval = place.duration(.milliseconds(1) ... .seconds(365 * 86_400)) ?? .zero
      case "start":
        if let start = place.time() { test.start = start }
      case "rules": choose(place, &test.settings)
      case "series":
        seriesTables = tables(of: child, "\(place.name): write each series as a table")
        test.series = seriesTables.map { readSeries($0) }
      case "expect":
        expectations = tables(of: child, "\(place.name): write each transition as a table, { at = \"30s\", … }")
      default:
        complainOfUnknown(child, "a test", ["name", "interval", "start", "rules", "series", "expect"])
      }
    }
    for key in ["name", "interval", "series"] where document.child(key, of: table) == nil && !reading.isPartial {
      reading.complain(at: position, "test: \(key) is missing")
    }
    if rulesAreKnown {
      for (series, table) in zip(test.series, seriesTables) { check(series.stream, of: table) }
    }
    if rulesAreKnown { test.expected = expectations.map { readExpectation($0, of: test) } }
    return reading.complaintCount == before ? test : nil
  }

  /// Removes the rules that the test doesn't name.
  private func choose(_ place: NamedValue, _ settings: inout Settings) {
    guard case .array = document.nodes[place.node].value else {
      return place.complainOfType("write the names of rules, [\"cpu-high\"]")
    }
    let known = settings.rules.map(\.name)
    var chosen: Set<String> = []
    for child in document.nodes[place.node].children {
      let element = NamedValue(reading: reading, node: child, name: place.name)
      guard let name = element.rawText("write the name of a rule in quotes") else { continue }
      if rulesAreKnown, !known.contains(name) { element.complain(DocumentReading.missing("rule", name, known)) }
      chosen.insert(name)
    }
    settings.rules.removeAll { !chosen.contains($0.name) }
  }

  private func readSeries(_ table: Int) -> RuleTests.Series {
    var series = RuleTests.Series(stream: nil, host: "", fields: [], values: [])
    for child in document.nodes[table].children {
      let key = document.nodes[child].key
      let place = NamedValue(reading: reading, node: child, name: "series: \(key)")
      switch key {
      case "stream":
        series.stream = place.rawText("write the name of a stream in quotes")
      case "host": series.host = place.text(problem: Names.problem(ofHost:)) ?? ""
      case "fields":
        series.fields = reading.texts(place, "write a text in quotes, as in fields = { role = \"db\" }")
          .map { .init(name: $0.name, value: $0.text) }
      case "values": series.values = readValues(place)
      default: complainOfUnknown(child, "a series", ["stream", "host", "fields", "values"])
      }
    }
    for key in ["host", "values"] where document.child(key, of: table) == nil && !reading.isPartial {
      reading.complain(at: document.nodes[table].position, "series: \(key) is missing")
    }
    return series
  }

  /// A series of a stream that no rule watches would test nothing.
  private func check(_ stream: String?, of table: Int) {
    guard let stream, let child = document.child("stream", of: table) else { return }
    let known = Set(settings.rules.compactMap { $0.stream?.stream }).sorted()
    if known.contains(stream) { return }
    let place = NamedValue(reading: reading, node: child, name: "series: stream")
    place.complain(
      known.isEmpty
        ? "no rule has stream = \"\(DocumentReading.quoted(stream))\""
        : DocumentReading.missing("rule with stream", stream, known))
  }

  private func readValues(_ place: NamedValue) -> [RuleTests.Values] {
    reading.texts(place, "write samples in quotes, as in values = { cpu_usage = \"20x3 95x10\" }").map { name, text in
      do throws(SampleNotation.Problem) {
        return RuleTests.Values(
          metric: name, samples: try SampleNotation.read(text, limit: RuleTests.greatestLength))
      } catch {
        let node = document.child(name, of: place.node) ?? place.node
        NamedValue(reading: reading, node: node, name: "\(place.name).\(DocumentReading.quoted(name))").complain(
          error.message)
        return RuleTests.Values(metric: name, samples: [])
      }
    }
  }

  func complainOfUnknown(_ node: Int, _ what: String, _ known: [String]) {
    let key = document.nodes[node].key
    reading.complain(at: document.nodes[node].keyPosition, DocumentReading.unknown(key, what, known))
  }

  /// The tables of an array of tables.
  private func tables(of node: Int, _ otherwise: String) -> [Int] {
    guard case .array = document.nodes[node].value else {
      reading.complain(at: document.nodes[node].position, otherwise)
      return []
    }
    return document.nodes[node].children.filter { child in
      if case .table = document.nodes[child].value { return true }
      reading.complain(at: document.nodes[child].position, otherwise)
      return false
    }
  }
}
