import Rules

/// Checks that rules, alerts and samples fit into a record.
extension DocumentReading {
  /// The maximum size of key and value that the producer accepts, in bytes: `message.max.bytes`. Topics may accept
  /// less, which only brokers know.
  private var greatestRecord: Int {
    let own = settings.kafka.properties.last { $0.name == "message.max.bytes" }
    return own.flatMap { Int($0.value.reveal()) } ?? 1_000_000
  }

  /// Checks the size of all rules, which are one record of the changelog, of each alert, and of samples with tags.
  func checkSizes() {
    let limit = greatestRecord
    checkTags(limit)
    let cure = "or set \"message.max.bytes\" under [kafka.properties] and max.message.bytes of the topics to more"
    for (rule, node) in zip(settings.rules, ruleNodes) {
      let size = rule.greatestTransitionSize
      if size <= limit { continue }
      let place = document.child("summary", of: node) ?? document.child("labels", of: node) ?? node
      complain(
        at: document.nodes[place].position,
        "rule \(DocumentReading.quoted(rule.name)): with summary and labels an alert has up to \(size) bytes, and a record at "
          + "most \(limit); write shorter ones, \(cure)")
    }
    // If a single rule is too large, all together are, too.
    if hasMistake { return }
    let sizes = settings.sources.map { $0.rules.greatestStoredSize(instance: settings.run.instance) }
    let size = sizes.max() ?? 0
    if settings.run.role.evaluates, size > limit {
      complain(
        at: ruleNodes.first.map { document.nodes[$0].position },
        "rule: the \(settings.rules.count) rules have up to \(size) bytes in the changelog, as one record, and one record "
          + "at most \(limit); write fewer or shorter rules, \(cure)")
    }
  }
}
