import Testing

@testable import Rules

@Suite("Numbers that fall, and names that two producers have")
struct NumbersTests {
  private func sent(_ boot: UInt64, _ sequence: Int64, ownTime: Bool = true) -> (inout PlainRecord) -> Void {
    { ($0.boot, $0.sequence, $0.ownTime) = (boot, sequence, ownTime) }
  }

  /// A host that has sent the sequence numbers 1 to 100 in the seconds 1 to 100, without its own times.
  private func untimed(_ rule: Rule = cpuHigh()) -> Story {
    let story = Story(rule)
    for number in 1...100 { story.at(Double(number), 10, sent(7, Int64(number), ownTime: false)) }
    return story
  }

  @Test("a record later than the last one is news, whatever its number")
  func laterIsNews() {
    let story = Story(cpuHigh())
    story.at(0, 10, sent(7, 86_400))
    #expect(story.at(10, 95, sent(7, 0)) == ["10 firing critical cpu-high/web-1 95 since 10"])
    #expect(story.at(11, 10, sent(7, 1)) == ["11 resolved critical cpu-high/web-1 10 since 11"])
    #expect(story.engine.counters.repeated == 0)
    #expect(story.engine.counters.numbersFell == 1)
  }

  @Test("two producers that share a boot are heard both, and that their numbers fall is said once for the subject")
  func sharedBoot() {
    let story = Story(cpuHigh())
    for second in 0..<20 {
      story.at(Double(second), 10, sent(7, Int64(5000 + second)))
      story.at(Double(second) + 0.5, second == 9 ? 95 : 10, sent(7, Int64(3 + second)))
    }
    #expect(story.transitions.map(\.timestamp.milliseconds) == [9500, 10_000])
    #expect(story.engine.counters.numbersFell == 20)
    #expect(
      story.engine.takeHappenings() == [
        .numbersFell(subject: "web-1", boot: "boot-7", from: 5000, to: 3, offset: 1)
      ])
  }

  @Test("a record that is sent again has its original's time, and stays a repeat")
  func sentAgain() {
    let story = Story(cpuHigh())
    for number in 0..<10 { story.at(Double(number), 10, kafka: Double(number), sent(7, Int64(number))) }
    for number in 0..<10 { story.at(Double(number), 95, kafka: 10 + Double(number) / 100, sent(7, Int64(number))) }
    #expect(story.transitions.isEmpty)
    #expect(story.engine.counters.repeated == 10)
    #expect(story.engine.counters.late == 0)
    #expect(story.engine.counters.numbersFell == 0)
    #expect(story.at(10, 95, sent(7, 10)).count == 1)
  }

  @Test("numbers that fell don't hide that the clock was set back, too")
  func clockAndNumbers() {
    let story = Story(cpuHigh())
    for number in 0..<10 { story.at(1000 + Double(number), 10, kafka: Double(number), sent(7, Int64(number))) }
    for number in 0..<3 { story.at(Double(number), 95, kafka: 10 + Double(number), sent(7, Int64(number))) }
    #expect(story.transitions.map(\.timestamp.milliseconds) == [2000])
    #expect(story.engine.counters.clockSetBack == 1)
    #expect(story.engine.counters.numbersFell == 1)
    #expect(story.at(3, 10, kafka: 13, sent(7, 3)).count == 1)
  }

  @Test("without a time of its own, a record with a number not above the last one of its boot is a repeat")
  func repeatedNumber() {
    let story = Story(cpuHigh())
    story.at(0, 50, sent(7, 5, ownTime: false))
    #expect(story.at(1, 95, sent(7, 5, ownTime: false)).isEmpty)
    #expect(story.at(2, 95, sent(7, 4, ownTime: false)).isEmpty)
    #expect(story.engine.counters.repeated == 2)
    #expect(story.at(3, 95, sent(7, 6, ownTime: false)).count == 1)
    #expect(story.at(4, 50, sent(8, 0, ownTime: false)).count == 1)
    #expect(story.at(5, 95, sent(7, 6, ownTime: false)).isEmpty, "an earlier boot is remembered")
    #expect(story.at(6, 95, sent(8, 1, ownTime: false)).count == 1)
  }

  @Test("three such repeats in a row that rise with Kafka's time begin the numbering anew")
  func begunAnew() {
    let story = untimed()
    #expect(story.at(101, 95, sent(7, 0, ownTime: false)).isEmpty)
    #expect(story.at(102, 95, sent(7, 1, ownTime: false)).isEmpty)
    #expect(
      story.at(103, 95, sent(7, 2, ownTime: false)) == ["103 firing critical cpu-high/web-1 95 since 103"])
    #expect(story.at(104, 10, sent(7, 3, ownTime: false)).count == 1)
    #expect(story.engine.counters.repeated == 2)
    #expect(
      story.engine.takeHappenings() == [
        .numbersFell(subject: "web-1", boot: "boot-7", from: 100, to: 2, offset: 102)
      ])
  }

  @Test("a record that counts, or another kind of ignored one, ends such a row")
  func rowEnds() {
    func late(_ record: inout PlainRecord) {
      sent(7, 200)(&record)
      record.time = 50_000
    }
    for between in [sent(7, 101, ownTime: false), sent(8, 0, ownTime: false), late] {
      let story = untimed()
      story.at(101, 10, sent(7, 10, ownTime: false))
      story.at(102, 10, sent(7, 11, ownTime: false))
      story.at(103, 10, between)
      story.at(104, 10, sent(7, 12, ownTime: false))
      story.at(105, 10, sent(7, 13, ownTime: false))
      #expect(story.engine.counters.numbersFell == 0)
      story.at(106, 10, sent(7, 14, ownTime: false))
      #expect(story.engine.counters.numbersFell == 1)
    }
  }

  @Test("numbers that don't rise among themselves stay repeats")
  func notRising() {
    let story = untimed()
    for (place, number) in [50, 50, 49, 48, 60, 50].enumerated() {
      story.at(101 + Double(place), 95, sent(7, Int64(number), ownTime: false))
    }
    #expect(story.engine.counters.repeated == 6)
  }

  @Test("numbers that are sent again arrive faster than they were made, and stay repeats")
  func tailOfNumbers() {
    let story = untimed()
    for number in 50...100 {
      story.at(101 + Double(number) / 100, 95, sent(7, Int64(number), ownTime: false))
    }
    #expect(story.engine.counters.repeated == 51)
    #expect(story.transitions.isEmpty)
  }

  @Test("a producer that is faster now is heard after a minute at the latest")
  func fasterProducer() {
    let story = Story(cpuHigh())
    for number in 0..<100 { story.at(Double(number) * 10, 10, sent(7, Int64(1000 + number), ownTime: false)) }
    for number in 0..<60 {
      #expect(story.at(1000 + Double(number), 95, sent(7, Int64(number), ownTime: false)).isEmpty)
    }
    #expect(story.at(1060, 95, sent(7, 60, ownTime: false)).count == 1)
  }

  /// The happenings if boots send in this order, each with its own rising sequence numbers.
  private func said(_ boots: [UInt64], lateBy: Double = 0) -> (happenings: [Happening], shared: Int) {
    let story = Story(cpuHigh())
    for (place, boot) in boots.enumerated() {
      story.at(Double(place) - (boot == 2 ? lateBy : 0), 10, kafka: Double(place), sent(boot, Int64(place)))
    }
    return (story.engine.takeHappenings(), story.engine.counters.sharedNames)
  }

  @Test("two producers that send under one name by turns are said once for the subject, with both boots")
  func turns() {
    let (happenings, shared) = said([1, 2, 1, 2, 1, 2, 1, 2, 1, 2])
    #expect(happenings == [.sharedName(subject: "web-1", boots: ["boot-1", "boot-2"], offset: 5)])
    #expect(shared == 1)
    #expect(said([1, 1, 2, 1, 1, 2, 2, 1, 2]).shared == 1, "not strictly by turns")
    #expect(said([1, 2, 3, 1, 2, 3, 1, 2, 3]).shared == 1, "also where there are three")
  }

  @Test("it is seen, too, where the records of one of the two are late for ever")
  func turnsOfLate() {
    let (happenings, shared) = said([1, 2, 1, 2, 1, 2, 1, 2], lateBy: 2)
    #expect(happenings == [.sharedName(subject: "web-1", boots: ["boot-1", "boot-2"], offset: 5)])
    #expect(shared == 1)
  }

  @Test("a host that boots again is no second producer, also where the last records of before come late")
  func boots() {
    #expect(said([1, 2, 3, 4, 5, 6]).shared == 0)
    #expect(said([1, 1, 2, 1, 2, 2, 3, 2, 3, 3, 3]).shared == 0)
  }

  @Test("records of an earlier boot that are sent again are no second producer")
  func earlierBootSentAgain() {
    let story = Story(cpuHigh())
    for number in 0..<10 { story.at(Double(number), 10, sent(1, Int64(number))) }
    for number in 0..<10 {
      story.at(10 + Double(number), 10, sent(2, Int64(number)))
      story.at(Double(number), 10, kafka: 10.5 + Double(number), sent(1, Int64(number)))
    }
    #expect(story.engine.counters.sharedNames == 0)
    #expect(story.engine.counters.repeated == 10)
  }

  @Test("two producers are reported again after their subject was forgotten")
  func forgotten() {
    let story = Story(cpuHigh())
    for _ in 0..<2 {
      for place in 0..<6 { story.at(Double(place), 10, sent(UInt64(1 + place % 2), Int64(place))) }
      story.forget("web-1")
    }
    #expect(story.engine.counters.sharedNames == 2)
  }
}
