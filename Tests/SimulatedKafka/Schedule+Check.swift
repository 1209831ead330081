import JSON
import Platform
import Records
import Rules

/// What must be true at the end of a schedule.
extension Schedule {
  /// Key and value of what stands in a topic.
  typealias Line = (key: [UInt8], value: [UInt8]?)

  /// Transitions as a plain reading of the input makes them: one engine for each partition, no worker, no faults.
  func expected() -> [Line] {
    var lines: [Line] = []
    var writer = Writer()
    for (number, partition) in cluster.source.enumerated() {
      let engine = Engine(rules: ScheduleInput.rules, topic: "status_topic", partition: Int32(number))
      var reader = RecordReader(plan: ScheduleInput.rules.plan, maxFuture: 60_000)
      var made: [Transition] = []
      var kafkaTime: Int64 = -1
      for entry in partition.entries where !entry.isMarker {
        kafkaTime = max(kafkaTime, entry.kafkaTime)
        engine.logTime = kafkaTime
        (entry.key ?? []).withUnsafeBytes { key in
          (entry.value ?? []).withUnsafeBytes { value in
            if case .record = reader.read(value: value, key: key, kafkaTime: kafkaTime, clock: kafkaTime) {
              engine.apply(reader, offset: entry.offset, into: &made)
            }
          }
        }
      }
      for transition in made {
        writer.reset()
        transition.encode(into: &writer)
        lines.append((Array(transition.key.utf8), Array(writer.bytes)))
      }
    }
    return lines
  }

  /// Readers of committed records see each transition once, those of one alert in their order, and what fires now.
  func checkExactlyOnce() -> String? {
    let expected = byKey(expected())
    let seen = byKey(cluster.alerts.committed.map { ($0.key ?? [], $0.value) })
    for (key, values) in expected where seen[key] != values {
      return "\(text(key)): expected \(values.count) transitions, seen \(seen[key]?.count ?? 0)"
        + difference(values, seen[key] ?? [])
    }
    for key in seen.keys where expected[key] == nil { return "\(text(key)) should have no transition" }
    return checkCurrent(expected)
  }

  /// Readers see each transition at least once, and, but for those that they have seen, in their order.
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

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private func difference(_ expected: [[UInt8]?], _ seen: [[UInt8]?]) -> String {
    let place = zip(expected, seen).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    let index = place ?? min(expected.count, seen.count)
    func show(_ values: [[UInt8]?]) -> String { index < values.count ? text(values[index] ?? []) : "nothing" }
    return "\n  number \(index): expected \(show(expected))\n  seen \(show(seen))"
  }
}
