/// Arrays of tables, such as `[[rule]]`, and the keys of each table.
extension DocumentReading {
  /// Reads each table `[[what]]` of the array at `node`.
  ///
  /// - Parameter read: gets a table, and its title: `rule cpu-high`; `rule 2` if it has no name.
  func readTables(_ node: Int, of what: String, _ read: (_ table: Int, _ title: String) -> Void) {
    let hint = "write each \(what) under [[\(what)]], with two brackets"
    guard case .array = document.nodes[node].value else {
      return complain(
        at: document.nodes[node].position, "\(what): that is \(document.nodes[node].value.kind): \(hint)")
    }
    for (index, child) in document.nodes[node].children.enumerated() {
      if case .table = document.nodes[child].value {
        read(child, title(of: child, what: what, number: index + 1))
      } else {
        complain(at: document.nodes[child].position, "\(what): \(hint)")
      }
    }
  }

  private func title(of table: Int, what: String, number: Int) -> String {
    guard let node = document.child("name", of: table), case .string(let name) = document.nodes[node].value,
      !name.isEmpty
    else { return "\(what) \(number)" }
    return "\(what) \(DocumentReading.quoted(name))"
  }

  /// Reads the keys of a table that is called `title`, in their order. An unknown key has a complaint.
  ///
  /// - Parameters:
  ///   - what: what the table is, with its article.
  ///   - key: the key of this name; nil if there is none.
  ///   - names: the names of all keys.
  /// - Returns: the names of keys with a complaint, which aren't checked again with the whole.
  func readKeys<Key>(
    of table: Int, title: String, _ what: String, key: (String) -> Key?, names: [String],
    _ read: (Key, NamedValue) -> Void
  ) -> Set<String> {
    var faulty: Set<String> = []
    for child in document.nodes[table].children {
      let name = document.nodes[child].key
      let before = complaintCount
      if let key = key(name) {
        read(key, NamedValue(reading: self, node: child, name: "\(title): \(name)"))
      } else {
        complain(
          at: document.nodes[child].keyPosition, "\(title): " + DocumentReading.unknown(name, what, names))
      }
      if complaintCount > before { faulty.insert(name) }
    }
    return faulty
  }
}
