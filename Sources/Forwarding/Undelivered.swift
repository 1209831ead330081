import JSON

/// A record of the topic of what couldn't be told: the transition as it stood in `alerts`, for whom, and why.
public struct Undelivered: Equatable, Sendable {
  /// The receiver's name.
  public var receiver: String
  /// Why it couldn't be told. Contains no secret.
  public var reason: String
  /// The transition, as it stood in the topic.
  public var transition: [UInt8]

  /// A transition that `receiver` couldn't be told of.
  public init(receiver: String, reason: String, transition: [UInt8]) {
    self.receiver = receiver
    self.reason = reason
    self.transition = transition
  }

  /// `{"receiver":"on-call","reason":"…","transition":{…}}`
  public var encoded: [UInt8] {
    var writer = Writer()
    writer.beginObject()
    writer.key("receiver")
    writer.string(receiver)
    writer.key("reason")
    writer.string(reason)
    writer.key("transition")
    transition.withUnsafeBytes { writer.raw($0) }
    writer.endObject()
    return writer.bytes
  }

  /// Reads a record's value; nil if it is anything else. Unknown members are left out.
  public init?(_ value: UnsafeRawBufferPointer) {
    var reader = Reader(value)
    guard reader.next() == .beginObject else { return nil }
    var (receiver, reason, transition): (String?, String?, [UInt8]?)
    while reader.next() == .key {
      switch reader.string {
      case "receiver": receiver = reader.next() == .string ? reader.string : nil
      case "reason": reason = reader.next() == .string ? reader.string : nil
      case "transition": transition = reader.rawValue().map { Array($0) }
      default: if !reader.skip() { return nil }
      }
    }
    guard let receiver, let reason, let transition else { return nil }
    self.init(receiver: receiver, reason: reason, transition: transition)
  }
}
