import Records

// The encoding of samples in the changelog: times as differences; values as differences of integers if all are decimals
// of at most six places, otherwise as doubles. For a metric with two decimal places and one sample a second, a chunk
// takes about 100 bytes instead of 512.

/// A decoded sample.
struct StoredSample: Equatable {
  var time: Int64
  var value: Double
}

extension BinaryWriter {
  /// Writes the first `count` samples of a chunk; their times are relative to `base`.
  mutating func samples(of chunk: borrowing SampleChunk, _ count: Int, base: Int64) {
    var last = base
    for place in 0..<count {
      signed(chunk.times[place] &- last)
      last = chunk.times[place]
    }
    let places = DecimalPlaces.needed(by: chunk, count)
    byte(places ?? DecimalPlaces.none)
    guard let places else {
      for place in 0..<count { double(chunk.values[place]) }
      return
    }
    var number: Int64 = 0
    for place in 0..<count {
      let next = DecimalPlaces.number(chunk.values[place], places) ?? 0
      signed(next &- number)
      number = next
    }
  }
}

extension BinaryReader {
  /// Reads `count` samples, whose times are relative to `base`, and must not fall.
  mutating func samples(_ count: Int, base: Int64) throws(ChangelogProblem) -> [StoredSample] {
    var samples: [StoredSample] = []
    samples.reserveCapacity(count)
    for _ in 0..<count {
      let (time, overflow) = (samples.last?.time ?? base).addingReportingOverflow(try signed())
      guard !overflow, RecordReader.times.contains(time), time >= samples.last?.time ?? time else {
        throw .impossible("sample's time")
      }
      samples.append(StoredSample(time: time, value: 0))
    }
    let places = try byte()
    guard places <= DecimalPlaces.most || places == DecimalPlaces.none else { throw .impossible("samples") }
    var number: Int64 = 0
    for index in samples.indices {
      if places == DecimalPlaces.none {
        samples[index].value = try double() + 0
      } else {
        number &+= try signed()
        samples[index].value = Double(number) / DecimalPlaces.powers[Int(places)]
      }
      guard samples[index].value.isFinite else { throw .impossible("sample") }
    }
    return samples
  }
}

/// Doubles that are nearest to decimals of a few places.
enum DecimalPlaces {
  static let powers: [Double] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]
  /// The maximum number of places that is tried.
  static let most: UInt8 = 6
  /// The code for values that aren't such decimals.
  static let none: UInt8 = 0xFF

  /// The number of places that the first `count` values of a chunk need; nil if they need more, or aren't decimals.
  static func needed(by chunk: borrowing SampleChunk, _ count: Int) -> UInt8? {
    var places: UInt8 = 0
    for place in 0..<count {
      while number(chunk.values[place], places) == nil {
        if places == most { return nil }
        places += 1
      }
    }
    // Values that fit with fewer places also fit with more, unless they are too large.
    for place in 0..<count where number(chunk.values[place], places) == nil { return nil }
    return places
  }

  /// The integer that gives `value` if divided by this power of ten; nil if none surely does.
  static func number(_ value: Double, _ places: UInt8) -> Int64? {
    let power = powers[Int(places)]
    let number = (value * power).rounded()
    return number.magnitude < 0x1p53 && number / power == value ? Int64(number) : nil
  }
}
