import Kafka
@testable import Settings
import Testing

@testable import Topics

@Suite("Sentences about the connection")
struct ConnectionSentencesTests {
  @Test("a table or a key that a sentence names is one of the configuration file")
  func keysExist() {
    let known = Set(Key.all.map(\.path))
    var named = 0
    for sentence in ConnectionSentences.all.values {
      for part in "\(sentence)".split(separator: "[").dropFirst() {
        let pieces = part.split(separator: "]", maxSplits: 1, omittingEmptySubsequences: false)
        named += 1
        #expect(known.contains { $0.hasPrefix("\(pieces[0]).") }, "\(sentence)")
        for word in pieces[1].split(whereSeparator: { !$0.isLetter && $0 != "_" }) where word.contains("_") {
          #expect(known.contains("\(pieces[0]).\(word)"), "\(sentence)")
        }
      }
    }
    #expect(named >= 6)
  }

  @Test("the wrapper's own sentences name nothing of the program")
  func wrappersOwn() {
    for kind in ConnectionTroubleKind.allCases {
      #expect(!"\(kind.sentence)".contains("["))
      #expect(!"\(kind.sentence)".contains("statusd"))
    }
  }

  @Test("every log line of the settings' connection is the program's")
  func used() throws {
    let loaded = Settings.load(text: Array("[kafka]\nbrokers = \"b:1\"".utf8), file: "f", surroundings: .machine)
    let sentences = try #require(loaded.settings).kafkaConfiguration.sentences
    #expect(sentences.mapValues { "\($0)" } == ConnectionSentences.all.mapValues { "\($0)" })
  }

  @Test(
    "a property that has a key of the file is refused with the key's name",
    arguments: [
      ("group.id", "[evaluator] group"), ("bootstrap.servers", "[kafka] brokers"),
      ("metadata.broker.list", "[kafka] brokers"),
    ])
  func properties(name: String, key: String) {
    #expect(LibrdkafkaChecks().complaint(about: name, value: "x")?.message == "'\(name)' can't be set: it is \(key)")
  }
}
