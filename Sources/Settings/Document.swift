internal import Ctomlplusplus

/// A TOML document as a flat list of nodes, each with its position; the root table is the first.
package struct Document {
  /// A value, or a table or array of values.
  package struct Node {
    package var key: String
    package var keyPosition: Complaint.Position
    package var position: Complaint.Position
    package var value: Value
    /// The indices of a table's or an array's elements, in the order of the text.
    package var children: [Int]
  }

  /// The type of a node, and its value.
  package enum Value: Equatable {
    case table, array, dateTime
    case string(String)
    case integer(Int64)
    case real(Double)
    case boolean(Bool)
  }

  /// A place at which the text isn't TOML. The message quotes nothing but names of keys.
  package struct SyntaxError: Error, Equatable {
    package var position: Complaint.Position
    package var message: String
  }

  package let nodes: [Node]

  /// Parses UTF-8.
  init(parsing text: [UInt8]) throws(SyntaxError) {
    let start = Complaint.Position(line: 1, column: 1)
    let parsed = text.withUnsafeBytes { bytes in
      ctoml_parse(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    guard let parsed else { throw SyntaxError(position: start, message: "out of memory") }
    defer { ctoml_free(parsed) }
    if let words = ctoml_error(parsed) {
      let position = Complaint.Position(ctoml_error_position(parsed))
      throw SyntaxError(position: position, message: Document.withoutValues(String(cString: words)))
    }
    var nodes: [Node] = []
    nodes.reserveCapacity(ctoml_count(parsed))
    for index in 0..<ctoml_count(parsed) {
      let node = ctoml_at(parsed, index)
      nodes.append(Node(node))
      if index > 0 { nodes[Int(node.parent)].children.append(index) }
    }
    // toml++ sorts tables by key; complaints come in the order of the text.
    for index in nodes.indices where nodes[index].children.count > 1 {
      let children = nodes[index].children
      nodes[index].children = children.sorted { (nodes[$0].keyPosition, $0) < (nodes[$1].keyPosition, $1) }
    }
    self.nodes = nodes
  }

  /// The child of `table` called `key`.
  package func child(_ key: String, of table: Int) -> Int? {
    nodes[table].children.first { nodes[$0].key == key }
  }

  /// The parser's message without quotes from the text, except keys and single characters: a password without its
  /// quotation marks must not be in a log.
  static func withoutValues(_ words: String) -> String {
    var words = words[...]
    if words.hasPrefix("Error while parsing "), let colon = words.firstIndex(of: ":") {
      words = words[words.index(after: colon)...].drop { $0 == " " }
    }
    let quotesKeys = words.hasPrefix("cannot redefine") || words.hasPrefix("cannot insert")
    if quotesKeys { return DocumentReading.quoted(String(words), 200) }
    let parts = words.split(separator: "'", omittingEmptySubsequences: false)
    // A message with an odd number of quotation marks has an unknown form.
    guard parts.count % 2 == 1 else { return String(parts.first ?? "") + "…" }
    return parts.enumerated().map { offset, part in
      if offset % 2 == 0 { return String(part) }
      return part.count <= 2 || part == "true" || part == "false" ? "'\(part)'" : "'…'"
    }.joined()
  }
}

extension Document.Node {
  fileprivate init(_ node: ctoml_node) {
    key = node.key.map { String(bytes: $0, count: node.key_length) } ?? ""
    keyPosition = Complaint.Position(node.key_position)
    position = Complaint.Position(node.position)
    children = []
    switch node.kind {
    case CTOML_TABLE: value = .table
    case CTOML_ARRAY: value = .array
    case CTOML_STRING: value = .string(node.text.map { String(bytes: $0, count: node.text_length) } ?? "")
    case CTOML_INTEGER: value = .integer(node.integer)
    case CTOML_FLOAT: value = .real(node.real)
    case CTOML_BOOLEAN: value = .boolean(node.boolean)
    default: value = .dateTime
    }
  }
}

extension Complaint.Position {
  fileprivate init(_ position: ctoml_position) {
    self.init(line: max(1, Int(position.line)), column: max(1, Int(position.column)))
  }
}

extension String {
  /// Text from C by its length, because it may contain zero bytes.
  fileprivate init(bytes: UnsafePointer<CChar>, count: Int) {
    self.init(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
  }
}
