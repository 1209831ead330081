import TestRandom
import TestSupport

/// What happens to evaluators and brokers while a load is evaluated, in an order that a seed makes.
struct FaultPlan {
  /// One thing that happens.
  enum Fault {
    /// An evaluator is killed as soon as a transition stands in the topic that isn't committed yet.
    case killAtTransition
    /// An evaluator is killed this many milliseconds after the fault before.
    case killAfter(Int)
    /// A broker is ended by SIGTERM, and comes back.
    case stopBroker
    /// A broker is killed, and comes back.
    case killBroker
    /// A broker is silent for so many seconds.
    case pauseBroker(Int)
    /// One evaluator more.
    case join
    /// It goes, by SIGTERM.
    case leave
  }

  let seed: UInt64
  /// How many records the load has.
  let records: Int
  /// How many brokers there are.
  let brokers: Int
  let faults: [Fault]

  /// `kills` of evaluators, half of them at a transition, among them a third evaluator that joins and leaves, and a
  /// broker that is stopped, killed, and silent for `pause` seconds.
  init(seed: UInt64, records: Int, kills: Int, pause: Int, brokers: Int) {
    (self.seed, self.records, self.brokers) = (seed, records, brokers)
    var random = SeededRandom(seed: seed)
    var faults: [Fault] = (0..<kills).map {
      $0 % 2 == 0 ? .killAtTransition : .killAfter(Int.random(in: 0..<4000, using: &random))
    }
    faults += [.stopBroker, .killBroker, .pauseBroker(pause)]
    faults.shuffle(using: &random)
    let join = Int.random(in: 0...faults.count / 2, using: &random)
    faults.insert(.join, at: join)
    faults.insert(.leave, at: Int.random(in: join + 1...faults.count, using: &random))
    self.faults = faults
  }
}
