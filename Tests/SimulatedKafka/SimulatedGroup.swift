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

/// A consumer group: members, the generation, the assignment, and the committed positions.
///
/// It is cooperative: a member reads the partitions it keeps while others move; a partition is taken back before it is
/// given on. A member that was silent for too long loses everything at once, and learns it only when it asks.
///
/// Members are static: a member that joins under a known name takes that member's place and partitions, and nothing
/// moves. The replaced member is out, and learns it only when it asks.
package final class SimulatedGroup {
  package private(set) var generation = 1
  /// The members, in the order in which they joined.
  package private(set) var members: [SimulatedMember] = []
  private var owners: [Int32: SimulatedMember] = [:]
  /// The next owner of each partition, once its owner has let go of it.
  private var successors: [Int32: SimulatedMember] = [:]
  /// Partitions whose owner was told to let go of them, and hasn't yet. It is told once, whoever gets them then.
  private var leaving: Set<Int32> = []
  /// Expelled members that haven't joined again.
  private var expelled: [SimulatedMember] = []
  package var committed: [Int32: Int64] = [:]
  /// The Kafka times that evaluators committed with these positions.
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

  /// Commits a position.
  func commit(_ entry: SimulatedCommit) {
    committed[entry.partition] = entry.position
    since[entry.partition] = entry.since
  }

  /// A static member comes back. The generation stays, unless one of its partitions is moving.
  private func replace(_ place: Int, by member: SimulatedMember) {
    let old = members[place]
    members[place] = member
    member.nextGeneration = generation
    let held = owners.filter { $0.value === old }.keys.sorted()
    for partition in held { owners[partition] = leaving.contains(partition) ? nil : member }
    for (partition, successor) in successors where successor === old { successors[partition] = member }
    let kept = held.filter { !leaving.contains($0) }
    if kept.count < held.count {
      // It has lost what it was told to let go of. The members that waited for that get it.
      leaving.subtract(held)
      advance()
      for partition in held where owners[partition] == nil {
        if let successor = successors.removeValue(forKey: partition) { give(partition, to: successor) }
      }
    }
    if !kept.isEmpty { member.events.append(.assigned(kept.map(places.id))) }
    replace(old)
  }

  /// A member learns that another one has its name.
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

  /// Whether `member` may commit: it must know the current generation.
  ///
  /// - Parameter byName: whether the member that has its name now may know it instead.
  package func accepts(_ member: SimulatedMember, byName: Bool = false) -> Bool {
    if byName, let other = members.first(where: { $0.name == member.name }) { return other.generation == generation }
    return members.contains { $0 === member } && member.generation == generation
  }

  /// The owner of a partition, as the group sees it.
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

  /// A member lets go of a partition. One that it had lost isn't its own to give back: the group may have given it to
  /// the same member again meanwhile.
  func letGo(_ partition: Int32, by member: SimulatedMember) {
    guard owners[partition] === member, member.askedBack.remove(partition) != nil else { return }
    owners[partition] = nil
    leaving.remove(partition)
    let successor = successors.removeValue(forKey: partition)
    advance()
    if let successor, members.contains(where: { $0 === successor }) { give(partition, to: successor) }
  }

  /// Removes a member that was silent for too long, or has left: its partitions are free at once.
  package func expel(_ member: SimulatedMember, isTold: Bool = true) {
    members.removeAll { $0 === member }
    let held = owners.filter { $0.value === member }.keys.sorted()
    for partition in held { owners[partition] = nil }
    leaving.subtract(held)
    for (partition, successor) in successors where successor === member { successors[partition] = nil }
    for partition in held { successors[partition] = nil }
    advance()
    if isTold {
      // An assignment that it hasn't seen is void.
      member.events = [.revoked(member.accepted.sorted().map(places.id), lost: true)]
      member.mustRejoin = true
      member.askedBack = []
      expelled.append(member)
    }
  }

  /// Gives out the partitions without an owner, in turns.
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
  /// Partitions that the group has asked back, as far as it knows.
  var askedBack: Set<Int32> = []
  /// Partitions that it holds.
  package internal(set) var accepted: Set<Int32> = []
  /// The next offset to read in each started partition.
  var reading: [Int32: Int64] = [:]
  /// The ends that it was given.
  var ended: [Int32: Int64] = [:]
  /// Whether it was expelled, and joins again once it has learned that.
  var mustRejoin = false
  /// Whether its process is dead: nothing it does takes effect.
  package var isDead = false
  /// The epoch of its producer; nil if it has none yet.
  var epoch: Int?
  /// Its transaction; 0 if none is open.
  var transaction = 0
  /// Whether the worker has begun a transaction that the coordinator may not know yet.
  var hasBegun = false
  /// Whether a call of its transaction took effect without an answer.
  var isInDoubt = false
  /// Whether its last transaction was aborted.
  var hasAborted = false
  /// The Kafka time that it commits with positions of each topic.
  var since: [Int: WallTime] = [:]
  /// The maximum sizes of records, as far as refusals have shown.
  var room = RecordRoom.unlimited
  /// Whether a record of its delivery was refused for its size.
  var hasRefusal = false
  /// The next offset to read in each partition that it follows, and the ends that it was given.
  var following: [LogPartition: Int64] = [:]
  var followedEnds: [LogPartition: Int64] = [:]
  /// How often it has fetched.
  var turns = 0
  /// When the last record of its transaction was appended, and of the last one that was committed.
  var appended: WallTime?
  var committedAppend: WallTime?
  /// The answer to its last question about the cluster.
  var answer: ClusterAnswer?
  /// Whether it has asked such a question and not ended them.
  package internal(set) var asks = false
  /// Its reader of the changelog.
  var changelog: (number: Int32, position: Int64)?

  init(id: Int, name: String) {
    self.id = id
    self.name = name
  }
}
