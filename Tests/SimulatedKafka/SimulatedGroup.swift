import Evaluator
import Platform

/// A position that an evaluator commits.
package struct SimulatedCommit {
  package var partition: Int32
  package var position: Int64
  /// The Kafka time from which on its group evaluates the topic.
  package var since: WallTime?

  package init(partition: Int32, position: Int64, since: WallTime? = nil) {
    self.partition = partition
    self.position = position
    self.since = since
  }
}

/// A consumer group: members, the generation, who has which partition, and what is committed.
///
/// Cooperative: who keeps a partition goes on reading it while others move, and one that moves is taken back before it
/// is given on. A member that was silent for too long loses everything at once, and learns it only when it asks.
///
/// Members are static: who joins under a name that the group has takes that member's place, with what it had, and nothing
/// moves. The one that had it is out, and learns it only when it asks.
package final class SimulatedGroup {
  package private(set) var generation = 1
  /// The members, in the order in which they joined.
  package private(set) var members: [SimulatedMember] = []
  private var owners: [Int32: SimulatedMember] = [:]
  /// Who gets a partition once its owner has let go of it.
  private var successors: [Int32: SimulatedMember] = [:]
  /// Partitions whose owner was told to let go of them, and hasn't yet: it is told once, whoever gets them then.
  private var leaving: Set<Int32> = []
  /// Who was expelled, and hasn't joined again.
  private var expelled: [SimulatedMember] = []
  package var committed: [Int32: Int64] = [:]
  /// What was committed along with these positions, where an evaluator did.
  package var since: [Int32: WallTime] = [:]
  let places: SimulatedPlaces

  init(_ places: SimulatedPlaces) { self.places = places }

  package func join(_ member: SimulatedMember) {
    if members.contains(where: { $0 === member }) { return }
    expelled.removeAll { $0 === member }
    for other in expelled where other.name == member.name { replace(other) }
    if let place = members.firstIndex(where: { $0.name == member.name }) { return replace(place, by: member) }
    members.append(member)
    advance()
  }

  /// A position is committed.
  func commit(_ entry: SimulatedCommit) {
    committed[entry.partition] = entry.position
    since[entry.partition] = entry.since
  }

  /// A static member comes back. The generation stays, as long as no partition is on its way.
  private func replace(_ place: Int, by member: SimulatedMember) {
    let old = members[place]
    members[place] = member
    member.nextGeneration = generation
    let held = owners.filter { $0.value === old }.keys.sorted()
    for partition in held { owners[partition] = leaving.contains(partition) ? nil : member }
    for (partition, successor) in successors where successor === old { successors[partition] = member }
    let kept = held.filter { !leaving.contains($0) }
    if kept.count < held.count {
      // What it was told to let go of it no longer has. Who waited for that gets it.
      leaving.subtract(held)
      advance()
      for partition in held where owners[partition] == nil {
        if let successor = successors.removeValue(forKey: partition) { give(partition, to: successor) }
      }
    }
    if !kept.isEmpty { member.events.append(.assigned(kept.map(places.id))) }
    replace(old)
  }

  /// A member learns that another one goes by its name.
  private func replace(_ old: SimulatedMember) {
    expelled.removeAll { $0 === old }
    old.mustRejoin = false
    old.askedBack = []
    old.events = [
      .revoked(old.accepted.sorted().map(places.id), lost: true), .replaced,
    ]
  }

  private func advance() {
    generation += 1
    for member in members { member.nextGeneration = generation }
  }

  /// Whether `member` may commit: it knows the generation that there is.
  ///
  /// - Parameter byName: whoever has its name now may know it in its stead.
  package func accepts(_ member: SimulatedMember, byName: Bool = false) -> Bool {
    if byName, let other = members.first(where: { $0.name == member.name }) { return other.generation == generation }
    return members.contains { $0 === member } && member.generation == generation
  }

  /// Who holds a partition, as the group sees it.
  package func owner(of partition: Int32) -> SimulatedMember? { owners[partition] }

  /// Gives a partition to `member`, as soon as its owner has let go of it.
  package func move(_ partition: Int32, to member: SimulatedMember) {
    guard members.contains(where: { $0 === member }) else { return }
    guard let owner = owners[partition] else { return give(partition, to: member) }
    if owner === member || successors[partition] != nil { return }
    successors[partition] = member
    guard leaving.insert(partition).inserted else { return }
    advance()
    owner.events.append(.revoked([places.id(at: partition)], lost: false))
  }

  private func give(_ partition: Int32, to member: SimulatedMember) {
    owners[partition] = member
    advance()
    member.events.append(.assigned([places.id(at: partition)]))
  }

  /// A member has let go of a partition. What it had lost is no longer its own to give back: the group may have given it
  /// the same anew meanwhile.
  func letGo(_ partition: Int32, by member: SimulatedMember) {
    guard owners[partition] === member, member.askedBack.remove(partition) != nil else { return }
    owners[partition] = nil
    leaving.remove(partition)
    let successor = successors.removeValue(forKey: partition)
    advance()
    if let successor, members.contains(where: { $0 === successor }) { give(partition, to: successor) }
  }

  /// A member was silent for too long, or has left: what it had is free at once.
  package func expel(_ member: SimulatedMember, isTold: Bool = true) {
    members.removeAll { $0 === member }
    let held = owners.filter { $0.value === member }.keys.sorted()
    for partition in held { owners[partition] = nil }
    leaving.subtract(held)
    for (partition, successor) in successors where successor === member { successors[partition] = nil }
    for partition in held { successors[partition] = nil }
    advance()
    if isTold {
      // What it was given and hasn't seen, it never will.
      member.events = [.revoked(member.accepted.sorted().map(places.id), lost: true)]
      member.mustRejoin = true
      member.askedBack = []
      expelled.append(member)
    }
  }

  /// Partitions that nobody has are given out by turns.
  package func giveOutFree() {
    guard !members.isEmpty else { return }
    for partition in 0..<places.count where owners[partition] == nil {
      give(partition, to: members[Int(partition) % members.count])
    }
  }
}

/// One worker's place in the cluster: a consumer and a producer.
package final class SimulatedMember {
  package let id: Int
  /// Its transactional id.
  package let name: String
  /// The generation that it knows.
  package internal(set) var generation = 0
  var nextGeneration = 0
  package var events: [LogEvent] = []
  /// Partitions that the group has asked back, as far as it has learned.
  var askedBack: Set<Int32> = []
  /// Partitions it holds.
  package internal(set) var accepted: Set<Int32> = []
  /// Where it reads next in those that are started.
  var reading: [Int32: Int64] = [:]
  /// The ends it was told.
  var ended: [Int32: Int64] = [:]
  /// The group has gone on without it, and it doesn't know yet.
  var mustRejoin = false
  /// Its process is gone: nothing it does takes effect.
  package var isDead = false
  /// The epoch of its producer; nil: none yet.
  var epoch: Int?
  /// Its transaction; 0: none is open.
  var transaction = 0
  /// The transaction has been begun by the worker, and the coordinator doesn't know it yet.
  var hasBegun = false
  /// A call of its transaction took effect, and it doesn't know.
  var isInDoubt = false
  /// Its last transaction was aborted.
  var hasAborted = false
  /// What it commits along with positions, of each topic.
  var since: [Int: WallTime] = [:]
  /// How large a record may be, as far as refusals have told it.
  var room = RecordRoom.unlimited
  /// A record of its delivery was refused for its size.
  var hasRefusal = false
  /// Its reader of the changelog.
  var changelog: (number: Int32, position: Int64)?

  init(id: Int, name: String) {
    self.id = id
    self.name = name
  }
}
