import Records

extension PartitionState {
  /// The subject that a record belongs to, created if it is new; nil if the record names none, or if there is no room
  /// for one more.
  @inline(__always)
  mutating func subject<View: RecordView & ~Copyable>(of record: borrowing View, offset: Int64) -> Subject? {
    if !record.hasKey, offset >= keylessFrom { return keylessSubject(of: record, at: offset) }
    if let subject = subjects.find(record.subject, hash: record.subjectHash) { return subject }
    if layout.isOfStream, !concerns(record, record.subject) { return nil }
    guard admits(record.subject, at: offset) else { return nil }
    return newSubject(record.subject, hostLength: record.subject.count, hash: record.subjectHash)
  }

  /// Topics of several partitions spread records without a key: each partition has its own `HOST#PARTITION`.
  private mutating func keylessSubject<View: RecordView & ~Copyable>(
    of record: borrowing View, at offset: Int64
  ) -> Subject? {
    let host = record.subject
    var name = Array(host)
    name.append(contentsOf: keylessSuffix)
    return name.withUnsafeBytes { name in
      let hash = RecordReader.hash(of: name)
      if let subject = subjects.find(name, hash: hash) { return subject }
      if layout.isOfStream, !concerns(record, host) { return nil }
      return admits(name, at: offset) ? newSubject(name, hostLength: host.count, hash: hash) : nil
    }
  }

  /// Whether a rule looks at a value of the record. A stream may have a subject for each record, and most of them may be
  /// nothing to any rule: these need no state.
  private func concerns<View: RecordView & ~Copyable>(
    _ record: borrowing View, _ host: UnsafeRawBufferPointer
  ) -> Bool {
    for track in 0..<trackCount {
      guard case .absent = record.field(tracks[track].slot) else {
        if layout.covers(track, host: host), matches(record, track) { return true }
        continue
      }
    }
    return false
  }

  /// Creates a subject, which has taken its place in the room.
  mutating func newSubject(_ name: UnsafeRawBufferPointer, hostLength: Int, hash: UInt64) -> Subject? {
    guard (1...Int(UInt16.max)).contains(name.count) else {
      admission.room.give(1)
      return nil
    }
    let subject = subjects.insert(name, hostLength: hostLength, hash: hash)
    for track in 0..<trackCount {
      subject.tracks[track].isCovered = layout.covers(track, host: subject.host)
    }
    let series = subject.series
    for index in 0..<layout.seriesCount { series[index] = SeriesState() }
    noteFirst(subject)
    return subject
  }

  /// Whether the globs on other fields than `host` of this track match the record.
  func matches<View: RecordView & ~Copyable>(_ record: borrowing View, _ track: Int) -> Bool {
    for match in layout.textMatches[track] {
      guard let slot = match.slot, let text = record.string(slot), match.glob.matches(text) else { return false }
    }
    return true
  }

  /// Takes a place for one more subject, which the record at `offset` names. Returns false if there is none.
  @inline(never)
  private mutating func admits(_ name: UnsafeRawBufferPointer, at offset: Int64) -> Bool {
    switch admission.admit(at: offset) {
    case .admitted: return true
    case .refused: break
    case .refusedFirst:
      let subject = String(decoding: name, as: UTF8.self)
      remarks.say(.subjectRefused(subject: subject, limit: admission.room.limit, offset: offset))
    }
    return false
  }

  /// Called when a subject has its first value of a track.
  @inline(never)
  mutating func noteBorn(_ track: Int, _ subject: Subject) {
    if tracks[track].watchesSilence { watch(subject) }
    if admission.hasRefused, let number = subjects.number(of: subject) { debt.writeSoon(number) }
  }

  /// Counts a record without a finite number in a rule's field; the first of each rule is reported.
  mutating func noteBad<View: RecordView & ~Copyable>(
    _ kind: Field.Kind, _ record: borrowing View, _ track: Int, _ subject: Subject
  ) {
    let plan = tracks[track]
    if plan.hasTextMatches, !matches(record, track) { return }
    for index in plan.series where remarks.countBad(rule: layout.series[index].rule) {
      let rule = layout.rules.rules[layout.series[index].rule]
      remarks.say(
        .badField(rule: rule.name, field: rule.metric, kind: kind, subject: subject.text, offset: hand.offset))
    }
  }

  /// Counts what series ignored of the current record, and reports oddities of its time and number.
  @inline(__always)
  mutating func count<View: RecordView & ~Copyable>(
    _ ignored: Ignored, _ record: borrowing View, _ subject: Subject
  ) {
    if ignored.repeated { counted.repeated += 1 }
    if ignored.late { counted.late += 1 }
    if let by = ignored.setBackBy {
      counted.clockSetBack += 1
      remarks.say(.clockSetBack(subject: subject.text, by: by, offset: hand.offset))
    }
    if ignored.numbersFellFrom >= 0 { noteNumbersFell(from: ignored.numbersFellFrom, record, subject) }
    if ignored.takesTurns { noteTurn(record, subject) }
  }

  /// Called when the current record counts although its number isn't above the last one of its boot.
  @inline(never)
  private mutating func noteNumbersFell<View: RecordView & ~Copyable>(
    from last: Int64, _ record: borrowing View, _ subject: Subject
  ) {
    counted.numbersFell += 1
    guard let number = subjects.number(of: subject), remarks.isFirstFall(of: number) else { return }
    remarks.say(
      .numbersFell(subject: subject.text, boot: record.bootID, from: last, to: record.sequence, offset: hand.offset))
  }

  /// Called when the current record has another boot than the one before it, and the two take turns.
  @inline(never)
  private mutating func noteTurn<View: RecordView & ~Copyable>(_ record: borrowing View, _ subject: Subject) {
    guard let number = subjects.number(of: subject),
      let boots = remarks.takeTurn(number, boot: record.bootHash, id: record.bootID)
    else { return }
    counted.sharedNames += 1
    remarks.say(.sharedName(subject: subject.text, boots: boots, offset: hand.offset))
  }
}
