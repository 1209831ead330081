import ProcFS
import Records

extension NamedValue {
  /// The table of tags; those with a mistake are left out, and told.
  func tags() -> [StatusRecord.Tag] {
    let table = reading.document.nodes[node]
    guard case .table = table.value else {
      complainOfType("write a table of texts, [agent.tags] and under it role = \"web\"")
      return []
    }
    let most = StatusRecord.TagBounds.count
    if table.children.count > most {
      complain("there are \(table.children.count) tags: the maximum is \(most)")
      return []
    }
    return table.children.compactMap { child in
      let (key, place) = (reading.document.nodes[child].key, reading.document.nodes[child].keyPosition)
      let tag = NamedValue(reading: reading, node: child, name: "\(name).\(DocumentReading.quoted(key))")
      if let problem = StatusRecord.problem(ofTag: key, metrics: Sampler.metrics) {
        reading.complain(at: place, "\(tag.name): \(problem)")
        return nil
      }
      return tag.text(problem: StatusRecord.problem(ofValue:)).map { StatusRecord.Tag(name: key, value: $0) }
    }
  }
}

extension DocumentReading {
  /// Checks that a status record with all tags fits into a record of Kafka, whose key and value have at most `limit`
  /// bytes.
  func checkTags(_ limit: Int) {
    let agent = settings.agent
    guard settings.run.role.samples, !agent.tags.isEmpty, let table = find("agent", "tags") else { return }
    let size =
      agent.host.utf8.count
      + StatusRecord.greatestSize(host: agent.host, metrics: Sampler.metrics, tags: agent.tags)
    if size <= limit { return }
    complain(
      at: document.nodes[table].position,
      "agent.tags: with these tags a status record has up to \(size) bytes, and a record at most \(limit); write fewer or "
        + "shorter ones, or set \"message.max.bytes\" under [kafka.properties] and max.message.bytes of the topic to more"
    )
  }
}
