import Forwarding
import Testing

@testable import Settings

@Suite("Receivers in the file")
struct ReceiverReadingTests {
  private static let text = #"""
    [[receiver]]
    name = "on-call"
    match = { severity = "critical", "labels.team" = "infra*" }
    group_by = ["rule", "labels.team"]
    group_wait = "10s"
    group_interval = "1m"
    repeat = true
    give_up_after = "2h"
    webhook = { url = "${HOOK}", headers = { Authorization = "…", X-Key = { file = "key" } }, proxy = true, timeout = "5s", body = "{}", hmac_secret_file = "hmac" }
    [[receiver]]
    name = "am"
    repeat = false
    give_up_after = "1d"
    alertmanager = { url_file = "/run/am", proxy = false, timeout = "10s", resend = "30s" }
    [[receiver]]
    name = "mail"
    repeat = false
    give_up_after = "1d"
    mail = { server = "smtps://m:465", from = "a@b.c", to = ["d@e.f"], username = "u", password = "${PASSWORD}", tls = "required", ca_file = "/ca" }
    [[receiver]]
    name = "log"
    repeat = false
    give_up_after = "1d"
    command = { run = ["/bin/log", "-x"], path = "/bin", timeout = "30s" }
    """#

  private func problems(_ lines: String) -> [String] {
    complaints(besideBrokers: "[[receiver]]\nname = \"r\"\n\(lines)")
  }

  @Test("all keys are read, without variables and files, which are another program's")
  func every() throws {
    let settings = try #require(load("kafka.brokers = \"a:1\"\n" + Self.text).settings)
    #expect(settings.receivers.count == 4)
    var definition = ReceiverDefinition(name: "on-call")
    definition.match = [.init(part: "severity", glob: "critical"), .init(part: "labels.team", glob: "infra*")]
    definition.groupBy = ["rule", "labels.team"]
    definition.groupWait = .seconds(10)
    definition.groupInterval = .seconds(60)
    definition.tellsReminders = true
    definition.giveUpAfter = .seconds(7200)
    #expect(settings.receivers[0].definition == definition)
    guard case .webhook(let webhook) = settings.receivers[0].way else {
      Issue.record("that is no webhook")
      return
    }
    #expect(webhook.web.url.origin == .variables("${HOOK}"))
    #expect(webhook.web.headers.map(\.name) == ["Authorization", "X-Key"])
    #expect(webhook.web.headers[1].value.origin == .file("key"))
    #expect(webhook.hmacSecret?.origin == .file("hmac"))
  }

  @Test("they are printed as they are written in the file, with masks for secrets")
  func printed() throws {
    let settings = try #require(load("kafka.brokers = \"a:1\"\n" + Self.text).settings)
    let printed = settings.describe()
    let expected = Self.text.replacing("\n[[receiver]]", with: "\n\n[[receiver]]")
    #expect(printed.hasSuffix(expected + "\n"))
    let again = try #require(load(printed).settings)
    #expect(again.describe() == printed)
  }

  @Test(
    "a mistake is told with its place",
    arguments: [
      ("", "2:1: receiver r: nobody knows how to tell it: write one of webhook, alertmanager, mail, command"),
      (
        "command = { run = [\"/a\"] }\nwebhook = { url = \"http://a\" }",
        "5:1: receiver r: command and webhook are both set; keep one, and write a second receiver for the other"
      ),
      ("command = \"/a\"", "4:11: receiver r: command: that is a text: write a program, such as { run = "),
      ("command = { ran = [\"/a\"] }", "4:13: receiver r: command: unknown key ran; did you mean run?"),
      ("command = { }", "4:11: receiver r: command: run is missing"),
      ("webhook = { proxy = false }", "4:11: receiver r: webhook: url or url_file is missing"),
      (
        "webhook = { url = \"http://a\", url_file = \"b\" }",
        "4:31: receiver r: webhook: url and url_file are both set; keep one"
      ),
      (
        "mail = { server = \"smtp://a\", from = \"a@b\", to = [\"c@d\"], password = \"x\" }",
        "4:8: receiver r: mail: the password needs a username"
      ),
      (
        "alertmanager = { url = \"http://a\" }\ngroup_by = []", "5:12: receiver r: group_by: Alertmanager groups alerts"
      ),
      (
        "command = { run = [\"/a\"] }\nmatch = { hots = \"a\" }",
        "5:11: receiver r: match: a transition has no part \"hots\""
      ),
      (
        "command = { run = [\"/a\"] }\nmatch = { severity = \"fatal\" }",
        "5:22: receiver r: match.severity: there is no such severity; write \"warning\" or \"critical\""
      ),
      (
        "command = { run = [\"/a\"] }\ngroup_wait = \"1s\"",
        "5:14: receiver r: group_wait: without group_by each transition is told at once"
      ),
      ("command = { run = [\"/a\"] }\ngive_up_after = \"1m\"", "5:17: receiver r: give_up_after: that is too short"),
      ("command = { run = [\"/a\"] }\nrepeat = \"1h\"", "5:10: receiver r: repeat: that is a text"),
    ])
  func mistakes(_ lines: String, _ beginning: String) {
    let found = problems(lines)
    #expect(found.contains { $0.hasPrefix("file.toml:\(beginning)") }, "\(found)")
  }

  @Test("a label may be written with or without quotes")
  func labels() throws {
    for match in ["{ \"labels.team\" = \"a\" }", "{ labels.team = \"a\" }"] {
      let settings = try #require(
        load("kafka.brokers = \"a:1\"\n[[receiver]]\nname = \"r\"\ncommand = { run = [\"/a\"] }\nmatch = \(match)")
          .settings)
      #expect(settings.receivers[0].definition.match == [.init(part: "labels.team", glob: "a")])
    }
  }

  @Test("names are unique")
  func names() {
    let one = "[[receiver]]\nname = \"r\"\ncommand = { run = [\"/a\"] }\n"
    #expect(
      complaints(besideBrokers: one + one).first?.contains("is already the name of the receiver at line 3") == true)
  }

  @Test("statusd needs no restart for what only a forwarder uses, and a forwarder none for what only statusd uses")
  func restarts() {
    let settings = Settings(brokers: "a:1", hostName: "h")
    var new = settings
    new.forward.group = "x"
    new.topics.forward = "y"
    new.agent.interval = .seconds(2)
    new.topics.alerts = "z"
    #expect(settings.changesThatNeedRestart(to: new) == ["topics.alerts", "agent.interval"])
    #expect(
      settings.changesThatNeedRestart(to: new, of: .forwarder) == ["topics.alerts", "topics.forward", "forward.group"])
  }
}
