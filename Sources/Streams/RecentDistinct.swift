/// What a distinct count knows: the texts that its field has had within its time, in the whole stream and with each value
/// that divides the readings.
struct RecentDistinct {
  /// How far it looks back, milliseconds.
  let over: Int64
  private var whole = RecentTexts(limit: StreamMeter.greatestTexts)
  /// The groups are the values' numbers.
  private var divided = RecentTexts(limit: StreamMeter.greatestDividedTexts)
  /// How many texts there were at the end of the last interval that was told.
  private(set) var total = 0
  /// The same for each value, by its number; those beyond its end have none.
  private var byValue: [Int] = []

  init(over: Int64) { self.over = over }

  /// How many texts the value with this number had at the end of the last interval that was told.
  func count(ofValue number: Int) -> Int { number < byValue.count ? byValue[number] : 0 }

  /// An open interval with this end has a text, together with the value of this number. Returns false if there is no room
  /// for it.
  mutating func note(
    _ text: UnsafeRawBufferPointer, value: Int?, in end: Int64, _ marks: inout DistinctMarks
  ) -> Bool {
    let number = whole.note(text, in: end)
    if let number { marks.whole.insert(number) }
    guard let value else { return number != nil }
    let pair = divided.note(text, of: value, in: end)
    if let pair { marks.divided.insert(pair) }
    return number != nil && pair != nil
  }

  /// The same of an interval that is told already.
  mutating func recall(_ text: UnsafeRawBufferPointer, value: Int?, in end: Int64) {
    if let number = whole.note(text, in: end) { whole.tell(number, end) }
    if let value, let pair = divided.note(text, of: value, in: end) { divided.tell(pair, end) }
  }

  /// The interval with this end is told, and has these texts: counts those of its time, and forgets earlier ones.
  mutating func tell(_ marks: DistinctMarks, _ end: Int64) {
    marks.whole.forEach { whole.tell($0, end) }
    marks.divided.forEach { divided.tell($0, end) }
    let oldest = end - over
    whole.forget(upTo: oldest)
    divided.forget(upTo: oldest)
    total = whole.entries.count { isRecent($0, oldest) }
    byValue.removeAll(keepingCapacity: true)
    for entry in divided.entries where isRecent(entry, oldest) {
      while byValue.count <= entry.group { byValue.append(0) }
      byValue[entry.group] += 1
    }
  }

  private func isRecent(_ entry: RecentTexts.Entry, _ oldest: Int64) -> Bool { entry.told.map { $0 > oldest } ?? false }
}

/// The texts of a distinct count that one interval has, by their numbers.
struct DistinctMarks: Equatable {
  var whole = Marks()
  var divided = Marks()
}
