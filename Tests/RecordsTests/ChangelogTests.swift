import Testing

@testable import Records

@Suite("The changelog's bytes")
struct ChangelogTests {
  private static let scope = ChangelogScope(group: "status_group", topic: "status_topic")
  private static let key: [UInt8] = {
    var writer = BinaryWriter()
    scope.writeMarkerKey(of: 3, to: &writer)
    return writer.bytes
  }()

  private static let marker: Marker = {
    var marker = Marker(position: 1_000_000, rulesRevision: 7)
    marker.lowWater = 999_000
    marker.lowWaterLogTime = 1_795_176_000_000
    marker.logTime = 1_795_176_060_000
    marker.fingerprint = Marker.Fingerprint(offset: 17, kafkaTime: 1_795_000_000_000)
    marker.keylessFrom = 12
    marker.epoch = 2
    return marker
  }()

  private static func bytes(of marker: Marker) -> [UInt8] {
    var writer = BinaryWriter()
    key.withUnsafeBytes { marker.write(to: &writer, key: $0) }
    return writer.bytes
  }

  private static func marker(in bytes: [UInt8], under key: [UInt8] = key) -> Result<Marker, ChangelogProblem> {
    bytes.withUnsafeBytes { bytes in
      key.withUnsafeBytes { key in Result { () throws(ChangelogProblem) in try Marker(bytes, key: key) } }
    }
  }

  private static func read(_ key: [UInt8], _ scope: ChangelogScope = scope) -> Result<ChangelogKey, ChangelogProblem> {
    key.withUnsafeBytes { key in Result { () throws(ChangelogProblem) in try scope.read(key) } }
  }

  @Test("the key of a consumer group is its own kind, and that of no subject")
  func group() {
    var writer = BinaryWriter()
    Array("billing".utf8).withUnsafeBytes { Self.scope.writeGroupKey(of: $0, to: &writer) }
    #expect(Self.read(writer.bytes) == .success(.group(Array("billing".utf8))))
    #expect(writer.bytes.first == UInt8(ascii: "g"))
    #expect(
      Self.read(writer.bytes, ChangelogScope(group: "other", topic: "status_topic")) == .failure(.foreign))
  }

  @Test("numbers have the expected length and read back, at every boundary")
  func numbers() throws {
    let edges: [Int64] = [0, 1, -1, 63, -64, 64, 127, 128, 8191, 8192, 1 << 34, .max, .min, .min + 1]
    var writer = BinaryWriter()
    for edge in edges {
      writer.signed(edge)
      writer.unsigned(UInt64(bitPattern: edge))
      writer.fixed(UInt64(bitPattern: edge))
    }
    try writer.bytes.withUnsafeBytes { bytes in
      var reader = BinaryReader(bytes)
      for edge in edges {
        #expect(try reader.signed() == edge)
        #expect(try reader.unsigned() == UInt64(bitPattern: edge))
        #expect(try reader.fixed() == UInt64(bitPattern: edge))
      }
      try reader.end()
    }
    writer.reset()
    writer.signed(-64)
    #expect(writer.bytes.count == 1)
  }

  @Test("a number of more than 64 bits, or without an end, is an error")
  func tooLong() {
    for bytes in [[UInt8](repeating: 0xFF, count: 9) + [2], [UInt8](repeating: 0x80, count: 11), [0x80]] {
      bytes.withUnsafeBytes { bytes in
        var reader = BinaryReader(bytes)
        #expect(throws: ChangelogProblem.self) { try reader.unsigned() }
      }
    }
  }

  @Test("a count is never greater than what is left")
  func counts() {
    var writer = BinaryWriter()
    writer.count(4)
    writer.raw([1, 2, 3])
    writer.bytes.withUnsafeBytes { bytes in
      var reader = BinaryReader(bytes)
      #expect(throws: ChangelogProblem.length) { try reader.count() }
    }
  }

  @Test("a marker reads back as written, with all or none of its optional fields")
  func markers() throws {
    #expect(
      try ChangelogTests.marker(in: ChangelogTests.bytes(of: ChangelogTests.marker)).get() == ChangelogTests.marker)
    let bare = Marker(position: 0, rulesRevision: 1)
    #expect(try ChangelogTests.marker(in: ChangelogTests.bytes(of: bare)).get() == bare)
  }

  @Test("a value with any byte changed, truncated anywhere, or under another key is refused")
  func damage() {
    let bytes = ChangelogTests.bytes(of: ChangelogTests.marker)
    for place in bytes.indices {
      var damaged = bytes
      damaged[place] ^= 1 << (place % 8)
      #expect(throws: ChangelogProblem.self) { try ChangelogTests.marker(in: damaged).get() }
      #expect(throws: ChangelogProblem.self) { try ChangelogTests.marker(in: Array(bytes[..<place])).get() }
    }
    var key = ChangelogTests.key
    key[key.count - 1] ^= 2
    #expect(throws: ChangelogProblem.seal) { try ChangelogTests.marker(in: bytes, under: key).get() }
  }

  @Test("the checksum is CRC-32, of the key and then the value")
  func checksum() {
    let sums = (0...9).map { place in
      let digits = Array("123456789".utf8)
      return digits[..<place].withUnsafeBytes { key in digits[place...].withUnsafeBytes { Checksum.of(key, $0) } }
    }
    // The check value of CRC-32/ISO-HDLC in the catalogues of Williams and Cook.
    #expect(Set(sums) == [0xCBF4_3926])
  }

  @Test("a marker with statusd's former own checksum is read")
  func ownChecksum() throws {
    var writer = BinaryWriter()
    writer.raw([2] + ChangelogTests.bytes(of: ChangelogTests.marker).dropFirst().dropLast(4))
    let key = ChangelogTests.key
    writer.fixed(writer.bytes.withUnsafeBytes { value in key.withUnsafeBytes { Hash.seal(of: value, for: $0) } })
    #expect(try ChangelogTests.marker(in: writer.bytes, under: key).get() == ChangelogTests.marker)
  }

  @Test("a value of a later version is told apart from a damaged one")
  func newer() {
    var bytes = ChangelogTests.bytes(of: ChangelogTests.marker)
    bytes[0] = 9
    #expect(throws: ChangelogProblem.newer(version: 9)) { try ChangelogTests.marker(in: bytes).get() }
  }

  @Test("keys of all kinds read back, whatever the names contain")
  func keys() throws {
    for names in [("g", "t"), ("", ""), ("g\u{1}t", "x"), ("gruppe-ä", String(repeating: "t", count: 249))] {
      let scope = ChangelogScope(group: names.0, topic: names.1)
      let subject = Array("web-1#3".utf8)
      var keys: [[UInt8]] = []
      var writer = BinaryWriter()
      subject.withUnsafeBytes { scope.writeCheckpointKey(of: $0, to: &writer) }
      keys.append(writer.bytes)
      writer.reset()
      subject.withUnsafeBytes { scope.writeChunkKey(of: $0, track: 7, number: .max, to: &writer) }
      keys.append(writer.bytes)
      writer.reset()
      scope.writeMarkerKey(of: .max, to: &writer)
      keys.append(writer.bytes)
      writer.reset()
      scope.writeRulesKey(of: 0, to: &writer)
      keys.append(writer.bytes)
      #expect(try ChangelogTests.read(keys[0], scope).get() == .checkpoint(subject: subject))
      #expect(try ChangelogTests.read(keys[1], scope).get() == .chunk(subject: subject, track: 7, number: .max))
      #expect(try ChangelogTests.read(keys[2], scope).get() == .marker(partition: .max))
      #expect(try ChangelogTests.read(keys[3], scope).get() == .rules(partition: 0))
    }
  }

  @Test("keys of another group or topic are foreign, even if the concatenated names are equal")
  func foreign() {
    for other in [("status_groups", "tatus_topic"), ("status_grou", "pstatus_topic"), ("", "status_topic")] {
      var writer = BinaryWriter()
      ChangelogScope(group: other.0, topic: other.1).writeMarkerKey(of: 3, to: &writer)
      #expect(throws: ChangelogProblem.foreign) { try ChangelogTests.read(writer.bytes).get() }
    }
    #expect(throws: ChangelogProblem.foreign) { try ChangelogTests.read([]).get() }
    #expect(throws: ChangelogProblem.foreign) { try ChangelogTests.read(Array("web-1".utf8)).get() }
  }

  @Test("a key that is truncated or too long isn't taken for another")
  func damagedKeys() {
    let key = ChangelogTests.key
    for count in key.indices {
      #expect(throws: ChangelogProblem.self) { try ChangelogTests.read(Array(key[..<count])).get() }
    }
    #expect(throws: ChangelogProblem.length) { try ChangelogTests.read(key + [0]).get() }
  }

  @Test("a boot has the same hash in every process")
  func boots() {
    var reader = RecordReader(plan: FieldPlan(fields: []), maxFuture: 60_000)
    let value = Array(
      #"{"boot_id":"8a2f6c1e-0b7d-4a53-9e21-5d3f7c9b1a60","sequence":1,"host":"web-1","timestamp":1}"#.utf8)
    let outcome = value.withUnsafeBytes { reader.read(value: $0, key: nil, kafkaTime: 1, clock: 1) }
    #expect(outcome == .record)
    #expect(reader.bootHash == 8_890_515_316_148_161_543)
  }
}
