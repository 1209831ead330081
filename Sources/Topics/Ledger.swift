import Kafka
import Platform

/// The counts of a reliable producer. `taken` is always `delivered` + `setAside` + the records that still wait.
public struct DeliveryAccount: Equatable, Sendable {
  /// Records that the backlog took.
  public internal(set) var taken: Int64 = 0
  /// Records that a broker has acknowledged.
  public internal(set) var delivered: Int64 = 0
  /// Records that were dropped, for whatever reason.
  public internal(set) var setAside: Int64 = 0
  /// Of those: records that are refused for what they are, so that no retry helps.
  public internal(set) var refused: Int64 = 0
  /// Why the first record was dropped; nil if none was.
  public internal(set) var firstError: KafkaError?
  /// Why the last refused record was refused; nil if none was.
  public internal(set) var lastRefusal: KafkaError.Code?

  /// All counts are 0.
  public init() {}
}

/// Tracks the records of a reliable producer: waiting, delivered or set aside, and whether unacknowledged ones must be
/// sent again.
struct Ledger {
  /// What a producer reports of one record.
  struct Report {
    var number: UInt
    /// Why it wasn't delivered; nil if it was. The producer's fatal error if there is one.
    var error: KafkaError?
    /// The error code of the record itself.
    var code: KafkaError.Code
    /// The size of key and value in bytes.
    var size: Int
  }

  /// Why records must be sent again.
  struct Failure {
    /// The producer's error.
    var error: KafkaError
    /// The error code of the record.
    var code: KafkaError.Code
  }

  var backlog: any Backlog
  private let endurance: Endurance
  private(set) var account = DeliveryAccount()
  /// Why a delivery failed since the last rewind; nil if none did. A refusal takes precedence over other failures,
  /// because it causes them.
  private(set) var failure: Failure?
  /// Whether the producer sends each record in a batch of its own, so that a refusal is the record's own.
  var isAlone = false
  /// The batch size of the producer, and of the next one: smaller if brokers have refused a batch for its size.
  private(set) var bound: BatchBound
  private var nextBound: BatchBound
  /// The lanes whose records are dropped if brokers forbid their topic.
  private let dispensable: Set<UInt8>
  /// The lanes that are closed, and why.
  private(set) var closed: [UInt8: KafkaError] = [:]
  /// When the last of them was closed.
  private var lastClosed = MonotonicTime(nanoseconds: 0)

  init(
    _ backlog: any Backlog, _ endurance: Endurance, bound: BatchBound = BatchBound(), dispensable: Set<UInt8> = []
  ) {
    self.backlog = backlog
    self.endurance = endurance
    self.bound = bound
    nextBound = bound
    self.dispensable = dispensable
  }

  /// Appends a record to the backlog; false if there is no room for it.
  mutating func take(_ record: OutgoingRecord) -> Bool {
    guard backlog.append(record) else { return false }
    account.taken += 1
    return true
  }

  /// Takes a producer's report of one record.
  ///
  /// - Returns: why the record was set aside; nil if it was delivered, or must be sent again.
  mutating func settle(_ report: Report, at now: MonotonicTime) -> KafkaError? {
    guard let error = report.error else {
      account.delivered += 1
      backlog.acknowledge(report.number)
      return nil
    }
    let own = KafkaError(code: report.code, message: report.code.words)
    if report.code == .topicAuthorizationFailed, let lane = backlog.lane(of: report.number),
      dispensable.contains(lane)
    {
      // The other lanes go on without these records, by another producer if this one has failed.
      closed[lane] = own
      lastClosed = now
      if error.isFatal { fail(error) }
      return setAside(report.number, own)
    }
    switch endurance {
    case .endless:
      if report.code.isRefusalOfRecord, isAlone { return setAside(report.number, own) }
    case .brief:
      if report.code == .messageTooLarge {
        var smaller = bound
        if smaller.refused(size: report.size) == .tooLarge { return setAside(report.number, error) }
        nextBound = smaller
      } else if !error.isFatal {
        return setAside(report.number, error)
      }
    }
    if failure?.code.isRefusalOfRecord != true { failure = Failure(error: error, code: report.code) }
    return nil
  }

  /// Opens the closed lanes again if no lane was closed for `pause`: somebody may have granted the right.
  mutating func reopen(at now: MonotonicTime, ifClosedFor pause: Duration) {
    if !closed.isEmpty, now - lastClosed >= pause { closed = [:] }
  }

  /// Notes that the producer accepts no record at all.
  mutating func fail(_ error: KafkaError) { failure = failure ?? Failure(error: error, code: error.code) }

  /// Drops a record that was handed over and that no retry can deliver. Returns `reason`.
  @discardableResult
  mutating func setAside(_ number: UInt, _ reason: KafkaError) -> KafkaError {
    account.setAside += 1
    if reason.code.refusesRecord {
      account.refused += 1
      account.lastRefusal = reason.code
    }
    account.firstError = account.firstError ?? reason
    backlog.acknowledge(number)
    return reason
  }

  /// Makes every unacknowledged record wait to be handed over again, in order, in batches of the size that brokers
  /// allow. Call it only when no producer holds any of them.
  mutating func rewind() {
    failure = nil
    bound = nextBound
    backlog.rewind()
  }

  /// Drops every record. `body` is called with the number of each.
  mutating func giveUp(_ reason: KafkaError, _ body: (UInt) -> Void) {
    rewind()
    var number: UInt = 0
    while backlog.withNext({ number = $1 }) {
      backlog.advance()
      setAside(number, reason)
      body(number)
    }
  }
}
