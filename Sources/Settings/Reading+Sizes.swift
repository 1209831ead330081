import Rules

/// What has to fit into a record.
extension Reading {
  /// Bytes of key and value that the producer takes: `message.max.bytes`. Topics may take less, which only brokers know.
  private var greatestRecord: Int {
    let own = settings.kafka.properties.last { $0.name == "message.max.bytes" }
    return own.flatMap { Int($0.value.reveal()) } ?? 1_000_000
  }

  /// The rules go to the changelog as one record; an alert is one.
  func checkSizes() {
    let limit = greatestRecord
    let cure = "or set \"message.max.bytes\" under [kafka.properties] and max.message.bytes of the topics to more"
    for (rule, node) in zip(settings.rules, ruleNodes) {
      let size = rule.greatestTransitionSize
      if size <= limit { continue }
      let place = document.child("summary", of: node) ?? document.child("labels", of: node) ?? node
      complain(
        at: document.nodes[place].position,
        "rule \(Reading.quoted(rule.name)): with summary and labels an alert takes up to \(size) bytes, and a record takes "
          + "\(limit); write shorter ones, \(cure)")
    }
    // One that is too large alone is the reason for all together.
    if hasMistake { return }
    let size = settings.ruleSet.greatestStoredSize(instance: settings.evaluator.instance)
    if settings.run.role.evaluates, size > limit {
      complain(
        at: ruleNodes.first.map { document.nodes[$0].position },
        "rule: the \(settings.rules.count) rules take up to \(size) bytes in the changelog, as one record, and that takes "
          + "\(limit); write fewer or shorter rules, \(cure)")
    }
  }
}
