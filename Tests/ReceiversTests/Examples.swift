import JSON
import Platform
import Records
import Receivers

/// A transition for tests; only what a test is about is given.
func transition(
  rule: String = "cpu-high", host: String = "web-1", status: Transition.Status = .firing,
  severity: Severity = .critical, value: Double = 97.1, summary: String? = "CPU of web-1 at 97.1% (limit 90)",
  labels: [(String, String)] = [("team", "infra")], offset: Int64 = 18231, repeat: Int64? = nil
) -> Transition {
  Transition(
    timestamp: WallTime(milliseconds: 1_795_176_003_500), status: status, severity: severity, rule: rule,
    subject: host, metric: "cpu_usage", value: value, threshold: 90,
    since: WallTime(milliseconds: 1_795_176_000_000), previous: status == .firing ? .inactive : .firing,
    repeat: `repeat`, summary: summary, labels: labels.map { Transition.Label(name: $0.0, value: $0.1) },
    source: SourcePosition(topic: "status_topic", partition: 3, offset: offset))
}

/// The bytes that the evaluator writes for it.
func record(_ transition: Transition) -> [UInt8] {
  var writer = Writer()
  transition.encode(into: &writer)
  return writer.bytes
}

/// As it is read from the topic. A test that gives something unreadable gets an empty notification, and notices.
func notification(
  _ transitions: [Transition], receiver: String = "on-call", group: [(String, String)]? = nil
) -> Receivers.Notification {
  Receivers.Notification(
    receiver: receiver, group: group?.map { Transition.Label(name: $0.0, value: $0.1) },
    transitions: transitions.compactMap { Forwarded(record($0)) })
}

/// What somebody may write where a host, a label or a message is expected.
let hostileTexts = [
  "<script>alert('x')</script>&amp;\"", "\u{1B}[2J\u{1B}]0;owned\u{7}", "\u{202E}gnp.exe\u{2066}x\u{2069}",
  "a\u{0}b", "{{rule}} {{labels.team}} {{alerts}} {{json value}}", "x\r\nBcc: evil@example.org\r\n\r\n.\r\nQUIT",
  "=?UTF-8?B?ZXZpbA==?=", "\n.\n..\nFrom x", "\\\"},{\\u0000", "é😀\u{301}\u{FEFF}", "$(reboot) `reboot` ; reboot", "",
  String(repeating: "ü", count: 500), "\u{FFFD}\u{2028}\u{2029}\u{85}",
]

/// Its text, without a newline at the end.
func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
