import JSON
import Platform
import Records
import Rules

/// What must be true at the end of a schedule.
extension Schedule {
  /// Key and value of a record.
  typealias Line = (key: [UInt8], value: [UInt8]?)

  /// Transitions as a plain reading of the input makes them: one engine for each partition, no worker, no faults.
  func expected() -> [Line] {
    var lines: [Line] = []
    var writer = Writer()
    for (place, partition) in cluster.source.enumerated() {
      let id = cluster.places.id(at: Int32(place))
      let rules = rules[id.topic]
      let engine = Engine(rules: rules, topic: topics[id.topic], partition: id.number)
      var reader = RecordReader(plan: rules.plan, maxFuture: 60_000)
      var made: [Transition] = []
      var kafkaTime: Int64 = -1
      for entry in partition.committed {
        kafkaTime = max(kafkaTime, entry.kafkaTime)
        engine.logTime = kafkaTime
        (entry.key ?? []).withUnsafeBytes { key in
          (entry.value ?? []).withUnsafeBytes { value in
            let value = entry.value == nil ? nil : value
            switch reader.read(value: value, key: key, kafkaTime: kafkaTime, clock: kafkaTime) {
            case .record: engine.apply(reader, offset: entry.offset, into: &made)
            case .tombstone: engine.forget(reader, offset: entry.offset, into: &made)
            default: break
            }
          }
        }
      }
      for transition in made {
        if let value = fitting(transition, &writer) { lines.append((Array(transition.key.utf8), value)) }
      }
    }
    return lines
  }

  /// A transition as its topics take it: without summary and labels if it would be too large; nil if it is even then.
  private func fitting(_ transition: Transition, _ writer: inout Writer) -> [UInt8]? {
    var bare = transition
    (bare.summary, bare.labels) = (nil, [])
    for form in [transition, bare] {
      writer.reset()
      form.encode(into: &writer)
      if form.key.utf8.count + writer.bytes.count <= cluster.limits.results { return writer.bytes }
    }
    return nil
  }

  /// Readers of committed records see each transition once, those of an alert in order, and the right firing alerts.
  func checkExactlyOnce() -> String? {
    let expected = byKey(expected())
    var seen = byKey(cluster.alerts.committed.map { ($0.key ?? [], $0.value) })
    for key in seen.keys where text(key).hasPrefix("\(ScheduleInput.extra)/") {
      if let problem = checkExtra(key, seen.removeValue(forKey: key) ?? []) { return problem }
    }
    for key in seen.keys where text(key).hasPrefix("\(ScheduleInput.quiet)/") {
      if let problem = checkSilence(key, seen.removeValue(forKey: key) ?? []) { return problem }
    }
    for (key, values) in expected where seen[key] != values {
      return "\(text(key)): expected \(values.count) transitions, seen \(seen[key]?.count ?? 0)"
        + difference(values, seen[key] ?? [])
    }
    for key in seen.keys where expected[key] == nil { return "\(text(key)) should have no transition" }
    return checkCurrent(expected)
  }

  /// Readers see each transition at least once, and in order apart from repetitions.
  func checkAtLeastOnce() -> String? {
    let expected = byKey(expected())
    let seen = byKey(cluster.alerts.committed.map { ($0.key ?? [], $0.value) })
    for (key, values) in expected {
      var first: [[UInt8]?] = []
      for value in seen[key] ?? [] where !first.contains(value) { first.append(value) }
      if first != values {
        return "\(text(key)): expected \(values.count) transitions, seen \(first.count) different"
          + difference(values, first)
      }
    }
    for key in seen.keys where expected[key] == nil { return "\(text(key)) should have no transition" }
    return checkCurrent(expected)
  }

  /// The log doesn't show when rules are taken, so the transitions of such a rule aren't determined. But firing and
  /// resolved alternate, and in the end, without the rule, nothing fires.
  private func checkExtra(_ key: [UInt8], _ values: [[UInt8]?]) -> String? {
    var isFiring = false
    for (number, value) in values.enumerated() {
      let line = text(value ?? [])
      let fires = line.contains(#""status":"firing""#)
      if fires == isFiring { return "\(text(key)): number \(number) repeats the last status: \(line)" }
      isFiring = fires
    }
    if isFiring { return "\(text(key)): still fires, although its rule is gone" }
    return checkCurrent([key: values])
  }

  /// The log doesn't show when silence is declared. But silence begins and ends in turns, and a subject that is
  /// declared silent has been so for long enough.
  private func checkSilence(_ key: [UInt8], _ values: [[UInt8]?]) -> String? {
    let subject = String(text(key).dropFirst(ScheduleInput.quiet.count + 1))
    var isFiring = false
    for (number, value) in values.enumerated() {
      guard let transition = Transition.decode(value ?? []) else {
        return "\(text(key)): number \(number) can't be read"
      }
      if (transition.status == .firing) == isFiring { return "\(text(key)): number \(number) repeats the last status" }
      isFiring.toggle()
      if isFiring, !wasSilent(subject, transition) { return "\(text(key)): number \(number): it wasn't silent" }
    }
    return checkCurrent([key: values])
  }

  /// Whether nothing of the subject came for long enough, at some time after the last record that counted.
  private func wasSilent(_ subject: String, _ transition: Transition) -> Bool {
    let entries = cluster.source[Int(transition.source.partition)].committed.filter {
      $0.offset >= transition.source.offset && text($0.key ?? []) == subject
    }
    let said = cluster.alerts.committed.first { entry in
      Transition.decode(entry.value ?? [])?.id == transition.id
    }
    let times = entries.map(\.kafkaTime).filter { $0 <= said?.kafkaTime ?? .max } + [said?.kafkaTime ?? .max]
    return zip(times, times.dropFirst()).contains { $1 - $0 >= ScheduleInput.quietAfter.wholeMilliseconds }
  }

  private func checkCurrent(_ expected: [[UInt8]: [[UInt8]?]]) -> String? {
    var current: [[UInt8]: [UInt8]] = [:]
    for entry in cluster.alertsCurrent.committed { current[entry.key ?? []] = entry.value }
    for (key, values) in expected {
      guard let last = values.last, let value = last else { continue }
      let isFiring = String(decoding: value, as: UTF8.self).contains(#""status":"firing""#)
      if current[key] != (isFiring ? value : nil) { return "\(text(key)): what fires now isn't its last transition" }
    }
    return nil
  }

  private func byKey(_ lines: [Line]) -> [[UInt8]: [[UInt8]?]] {
    Dictionary(grouping: lines) { $0.key }.mapValues { $0.map(\.value) }
  }

  func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private func difference(_ expected: [[UInt8]?], _ seen: [[UInt8]?]) -> String {
    let place = zip(expected, seen).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    let index = place ?? min(expected.count, seen.count)
    func show(_ values: [[UInt8]?]) -> String { index < values.count ? text(values[index] ?? []) : "nothing" }
    return "\n  number \(index): expected \(show(expected))\n  seen \(show(seen))"
  }
}
