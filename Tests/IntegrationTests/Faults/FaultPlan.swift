import TestRandom
import TestSupport

/// The faults of evaluators and brokers while a load is evaluated, in an order drawn from a seed.
struct FaultPlan {
  /// One fault.
  enum Fault {
    /// An evaluator is killed as soon as the alerts topic has a new transition, which isn't committed yet.
    case killAtTransition
    /// An evaluator is killed this many milliseconds after the previous fault.
    case killAfter(Int)
    /// A broker is ended by SIGTERM and restarted.
    case stopBroker
    /// A broker is killed and restarted.
    case killBroker
    /// A broker is silent for this many seconds.
    case pauseBroker(Int)
    /// A third evaluator starts.
    case join
    /// The third evaluator is ended by SIGTERM.
    case leave
  }

  let seed: UInt64
  /// The number of records of the load.
  let records: Int
  /// The number of brokers.
  let brokers: Int
  let faults: [Fault]

  /// Evaluators are killed `kills` times, half of them at a transition. Meanwhile a third evaluator joins and leaves,
  /// and a broker is stopped, killed, and silent for `pause` seconds.
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
