import Testing

@testable import Evaluator
@testable import KafkaEvaluator

@Suite("The name of a worker")
struct MemberNameTests {
  @Test("ordinary names are joined unescaped")
  func plain() {
    let name = MemberName(group: "status_group", instance: "web-1.example.org", worker: 2)
    #expect(name.transactionalID == "status_group/web-1.example.org/2")
    #expect(name.groupInstanceID(subscribedTo: ["status_topic"]).hasPrefix("web-1.example.org/2/"))
  }

  @Test("no two workers have the same name, whatever the names of their groups and instances")
  func injective() {
    let parts = ["a", "b", "a/b", "b/0", "a%2Fb", "%", "/", "%2F", "a/", "/a", "0", "é/", "a/\u{301}b"]
    var ids: Set<[UInt8]> = []
    var members: Set<[UInt8]> = []
    for group in parts {
      for instance in parts {
        for worker in [0, 1, 10] {
          let name = MemberName(group: group, instance: instance, worker: worker)
          ids.insert(Array(name.transactionalID.utf8))
          if group == "a" { members.insert(Array(name.groupInstanceID(subscribedTo: ["t"]).utf8)) }
        }
      }
    }
    #expect(ids.count == parts.count * parts.count * 3)
    #expect(members.count == parts.count * 3)
  }

  @Test("other topics give another name in the group; the order of topics doesn't matter")
  func topics() {
    let name = MemberName(group: "g", instance: "one", worker: 0)
    let lists = [["a"], ["b"], ["a", "b"], ["ab"], []]
    #expect(Set(lists.map { name.groupInstanceID(subscribedTo: $0) }).count == lists.count)
    #expect(name.groupInstanceID(subscribedTo: ["a", "b"]) == name.groupInstanceID(subscribedTo: ["b", "a"]))
    // The same in every version, so that a restart after an upgrade finds its place.
    #expect(name.groupInstanceID(subscribedTo: ["status_topic"]) == "one/0/ff7563ca6ec20a3f")
  }
}
