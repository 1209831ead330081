import Forwarding
import JSON

/// A record of the topic of what couldn't be told: the transition as it stood in `alerts`, for whom, and why.
struct Undelivered {
  let encoded: [UInt8]

  init(receiver: String, _ lost: GivenUp) {
    var writer = Writer()
    writer.beginObject()
    writer.key("receiver")
    writer.string(receiver)
    writer.key("reason")
    writer.string(lost.reason)
    writer.key("transition")
    lost.transition.value.withUnsafeBytes { writer.raw($0) }
    writer.endObject()
    encoded = writer.bytes
  }
}
