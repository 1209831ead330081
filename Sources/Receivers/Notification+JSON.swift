import JSON
import Records

extension Notification {
  /// `{"receiver":"on-call","group":{"rule":"cpu-high"},"alerts":[…]}`: what a webhook without a template and a command
  /// get. The transitions stand in it byte for byte as in the topic; `group` is left out without `group_by`.
  public var json: [UInt8] {
    var writer = Writer(capacity: 128 + transitions.reduce(0) { $0 + $1.bytes.count + 1 })
    writer.beginObject()
    writer.key("receiver")
    writer.string(receiver)
    if group != nil {
      writer.key("group")
      writeGroup(into: &writer)
    }
    writer.key("alerts")
    writeAlerts(into: &writer)
    writer.endObject()
    return writer.bytes
  }

  /// The values of `group_by` as an object; empty without it.
  func writeGroup(into writer: inout Writer) { writer.object(group ?? []) }

  /// The array of the transitions.
  func writeAlerts(into writer: inout Writer) {
    writer.beginArray()
    for forwarded in transitions { forwarded.bytes.withUnsafeBytes { writer.raw($0) } }
    writer.endArray()
  }
}
