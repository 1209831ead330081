import Records

extension PartitionState {
  /// The subject that a record belongs to; a new one where it is seen for the first time. nil: it names none, or there
  /// is no room for one more.
  @inline(__always)
  mutating func subject<View: RecordView & ~Copyable>(of record: borrowing View, offset: Int64) -> Subject? {
    if !record.hasKey, offset >= keylessFrom { return keylessSubject(record.subject, at: offset) }
    if let subject = subjects.find(record.subject, hash: record.subjectHash) { return subject }
    guard admits(record.subject, at: offset) else { return nil }
    return newSubject(record.subject, hostLength: record.subject.count, hash: record.subjectHash)
  }

  /// In a topic of several partitions, records without a key are spread: each partition has its own `HOST#PARTITION`.
  private mutating func keylessSubject(_ host: UnsafeRawBufferPointer, at offset: Int64) -> Subject? {
    var name = Array(host)
    name.append(contentsOf: keylessSuffix)
    return name.withUnsafeBytes { name in
      let hash = RecordReader.hash(of: name)
      if let subject = subjects.find(name, hash: hash) { return subject }
      return admits(name, at: offset) ? newSubject(name, hostLength: host.count, hash: hash) : nil
    }
  }

  /// Begins a subject, which has taken a place in `room`.
  mutating func newSubject(_ name: UnsafeRawBufferPointer, hostLength: Int, hash: UInt64) -> Subject? {
    guard (1...Int(UInt16.max)).contains(name.count) else {
      room.give(1)
      return nil
    }
    let subject = subjects.insert(name, hostLength: hostLength, hash: hash)
    counters.subjects += 1
    for track in 0..<trackCount {
      subject.tracks[track].isCovered = layout.covers(track, host: subject.host)
    }
    let series = subject.series
    for index in 0..<layout.seriesCount { series[index] = SeriesState() }
    noteFirst(subject)
    return subject
  }

  /// Whether the globs on other fields than `host` of this track cover the record.
  mutating func matches<View: RecordView & ~Copyable>(_ record: borrowing View, _ track: Int) -> Bool {
    for match in layout.textMatches[track] {
      guard let slot = match.slot, let text = record.string(slot), match.glob.matches(text) else { return false }
    }
    return true
  }

  /// Counts a record that has something else than a finite number where a rule looks; of each rule the first is said.
  mutating func noteBad<View: RecordView & ~Copyable>(
    _ kind: Field.Kind, _ record: borrowing View, _ track: Int, _ subject: Subject, _ offset: Int64
  ) {
    let plan = tracks[track]
    if plan.hasTextMatches, !matches(record, track) { return }
    for index in plan.firstSeries..<(plan.firstSeries + plan.seriesCount) {
      let rule = layout.series[index].rule
      bad[rule] += 1
      if saidBad[rule] { continue }
      saidBad[rule] = true
      let watched = layout.rules.rules[rule]
      say(.badField(rule: watched.name, field: watched.metric, kind: kind, subject: subject.text, offset: offset))
    }
  }

  /// Counts what series ignored, once for the record, and says what is odd about its time and number.
  @inline(__always)
  mutating func count<View: RecordView & ~Copyable>(
    _ ignored: Ignored, _ record: borrowing View, _ subject: Subject, offset: Int64
  ) {
    if ignored.repeated { counters.repeated += 1 }
    if ignored.late { counters.late += 1 }
    if let by = ignored.setBackBy {
      counters.clockSetBack += 1
      say(.clockSetBack(subject: subject.text, by: by, offset: offset))
    }
    if ignored.numbersFellFrom >= 0 { noteNumbersFell(from: ignored.numbersFellFrom, record, subject, offset) }
    if ignored.takesTurns { noteTurn(record, subject, offset) }
  }
}
