import Testing

@testable import Records

@Suite("Event time")
struct EventTimeTests {
  /// The event time of a record with this `timestamp`, relative to noon, or why it is bad.
  private func time(_ timestamp: String) -> ReadRecord {
    ReadRecord.read("{\"timestamp\":\(timestamp)}", kafkaTime: ReadRecord.noon + 10_000)
  }

  private func offset(_ timestamp: String) -> Int64? {
    let record = time(timestamp)
    return record.outcome == .record && record.bringsOwnTime ? record.time - ReadRecord.noon : nil
  }

  @Test("RFC 3339 may have any offset, a blank or lower-case letters")
  func rfc3339() {
    #expect(offset(#""2026-11-20T12:00:00Z""#) == 0)
    #expect(offset(#""2026-11-20T13:00:05+01:00""#) == 5_000)
    #expect(offset(#""2026-11-20T06:00:09-06:00""#) == 9_000)
    #expect(offset(#""2026-11-20t12:00:08.250z""#) == 8_250)
    #expect(offset(#""2026-11-20 12:00:08.25Z""#) == 8_250)
    #expect(offset(#""2026-11-20T12:00:09.500000000Z""#) == 9_500)
    #expect(offset(#""2026-11-20T12:00:09.9999Z""#) == 9_999)
    #expect(offset(#""2026-11-20T12:00:09.1Z""#) == 9_100)
    #expect(offset(#""2026-11-20T12:00:09-00:00""#) == 9_000)
    #expect(offset(#""2026\u002d11-20T12:00:09.000Z""#) == 9_000)
    #expect(offset(#""1970-01-01T00:00:12Z""#) == 12_000 - ReadRecord.noon)
    #expect(time(#""0001-01-01T00:00:00Z""#).time == -62_135_596_800_000)
    #expect(time(#""2024-02-29T23:59:59.999Z""#).time == 1_709_251_199_999)
    #expect(time(#""2000-02-29T00:00:00Z""#).time == 951_782_400_000)
    #expect(time(#""1969-12-31T23:59:59.9999Z""#).time == -1)
  }

  @Test("a number is seconds below 1e11, else milliseconds; finer digits are truncated")
  func numbers() {
    #expect(offset("1795176003.5") == 3_500)
    #expect(offset("1795176003.9999") == 3_999)
    #expect(offset("1795176006000") == 6_000)
    #expect(offset("1795176006000.99") == 6_000)
    #expect(offset("1.795176003e9") == 3_000)
    #expect(offset("17951760035e-1") == 3_500)
    #expect(offset("1795176003.0009999999999999999999999") == 3_000)
    #expect(offset("1795176003.0019999999999999999999999") == 3_001)
    #expect(time("-1").time == -1_000)
    #expect(time("-1.0009").time == -1_000)
    #expect(time("0").time == 0)
    #expect(time("-0").time == 0)
    #expect(time("0.0000000000000000000001").time == 0)
    #expect(time("1e-400").time == 0)
    #expect(time("100000000000").time == 100_000_000_000)
    #expect(time("0.001").time == 1)
    #expect(time("-62135596800").time == -62_135_596_800_000)
    #expect(time("-62135596800.001").outcome == .bad(.timestamp))
  }

  @Test(
    "a time further ahead than max_future is bad, however far",
    arguments: [
      "1795176001000000", "1795176002000000000", "1e308", "1e400", "99999999999", "\"2036-01-01T00:00:00Z\"",
      "\"9999-12-31T23:59:59-23:59\"", "1795176070001", "1e99999999999999999999", "12345678901234567890123456789",
    ])
  func future(_ timestamp: String) {
    #expect(time(timestamp).outcome == .bad(.future))
  }

  @Test("a time exactly max_future ahead is good")
  func nearFuture() {
    #expect(offset("1795176070000") == 70_000)
  }

  @Test(
    "a time field that can't be parsed makes the record bad, and isn't silently replaced by Kafka's time",
    arguments: [
      "\"20/Nov/2026:12:00:07 +0000\"", "\"2026-11-31T12:00:07Z\"", "\"\"", "null", "true", "{}", "[1795176003]",
      "\"1795176003\"", "\"2026-11-20\"", "\"2026-11-20T12:00Z\"", "\"2026-11-20T24:00:00Z\"",
      "\"2026-11-20T12:60:00Z\"", "\"2026-11-20T12:00:61Z\"", "\"2026-11-20T12:00:60Z\"", "\"2026-02-29T12:00:00Z\"",
      "\"1900-02-29T12:00:00Z\"", "\"2026-00-20T12:00:00Z\"", "\"2026-13-20T12:00:00Z\"", "\"2026-11-00T12:00:00Z\"",
      "\"0000-01-01T00:00:00Z\"", "\"2026-11-20T12:00:00.Z\"", "\"2026-11-20T12:00:00+0100\"",
      "\"2026-11-20T12:00:00+01\"", "\"2026-11-20T12:00:00+24:00\"", "\"2026-11-20T12:00:00+01:60\"",
      "\"2026-11-20T12:00:00Zx\"", "\" 2026-11-20T12:00:00Z\"", "\"2026-11-20T12:00:00Z \"",
      "\"2026-11-20T12:00:00 Z\"", "\"2026-11-20T12:00:00,5Z\"", "\"2026-11-20_12:00:00Z\"", "-1e12", "-1e400",
      "\"+2026-11-20T12:00:00Z\"", "\"0001-01-01T00:00:00+00:01\"", "\"2026-11-20T12:00:00.000\\u0000Z\"",
      "\"2026-11-20T12:00:00.00:Z\"", "\"2026-11-20T12:00:0:.000Z\"", "\"2026-11-20T12:00:60.000Z\"",
    ])
  func unreadable(_ timestamp: String) {
    #expect(time(timestamp).outcome == .bad(.timestamp))
  }

  @Test("a time without a zone counts as Kafka's, if it is a time at all")
  func withoutZone() {
    let record = time(#""2022-01-01 00:00:00""#)
    #expect(record.outcome == .record)
    #expect(record.time == ReadRecord.noon + 10_000)
    #expect(!record.bringsOwnTime)
    #expect(time(#""2022-01-01T00:00:00.123""#).time == ReadRecord.noon + 10_000)
    #expect(time(#""2022-02-30 00:00:00""#).outcome == .bad(.timestamp))
    #expect(ReadRecord.read(#"{"timestamp":"2022-01-01 00:00:00"}"#, kafkaTime: -1).outcome == .bad(.timestamp))
  }

  @Test("a leap second is the first second of the next minute, and is valid only at midnight UTC")
  func leapSecond() {
    #expect(time(#""2016-12-31T23:59:60Z""#).time == 1_483_228_800_000)
    #expect(time(#""2016-12-31T23:59:60.500Z""#).time == 1_483_228_800_500)
    #expect(time(#""2017-01-01T00:59:60+01:00""#).time == 1_483_228_800_000)
  }

  @Test("without a time field Kafka's time counts; a record without either is bad")
  func kafkaTime() {
    #expect(ReadRecord.read("{}").time == ReadRecord.noon)
    #expect(ReadRecord.read("{}", kafkaTime: -1).outcome == .bad(.timestamp))
    #expect(ReadRecord.read("{}", kafkaTime: 0).outcome == .record)
    #expect(ReadRecord.read(#"{"timestamp":5}"#, kafkaTime: -1, clock: 5_000).outcome == .record)
    // A producer wrote microseconds as the Kafka time, which is compared with the wall clock.
    #expect(ReadRecord.read("{}", kafkaTime: ReadRecord.noon * 1000, clock: ReadRecord.noon).outcome == .bad(.future))
    #expect(ReadRecord.read("{}", kafkaTime: .max, clock: .max).outcome == .bad(.future))
  }

  @Test("the minute remembered from the last record doesn't affect the next one")
  func minutes() {
    var reader = RecordReader(plan: FieldPlan(fields: []), maxFuture: 60_000)
    func offset(_ text: String) -> Int64? {
      let record = ReadRecord(&reader, Array("{\"timestamp\":\"\(text)\"}".utf8), nil, slots: 0)
      return record.outcome == .record && record.bringsOwnTime ? record.time - ReadRecord.noon : nil
    }
    #expect(offset("2026-11-20T12:00:00.000Z") == 0)
    #expect(offset("2026-11-20T12:00:59.999Z") == 59_999)
    #expect(offset("2026-11-20T11:59:59.999Z") == -1)
    #expect(offset("2026-11-20T12:00:01.000Z") == 1_000)
    for broken in [
      "2026-11-20T12:00:60.000Z", "2026-11-20T12:00:0a.000Z", "2026-11-20T12:00:00.0:0Z", "2026-11-20T12:00:00.000z ",
      "2026-11-20T12:00:00:000Z", "2026-11-20T12:00:00.000X", "2026-11-20T12:00:@1.000Z", "2026-11-20T12:00:p1.000Z",
    ] {
      #expect(offset(broken) == nil, "\(broken)")
    }
    #expect(offset("2026-11-20T12:00:02.000Z") == 2_000)
    #expect(offset("2026-11-20T12:00:03.0000Z") == 3_000)
    #expect(offset("2026-11-20T12:00:03Z") == 3_000)
  }
}
