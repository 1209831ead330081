import Settings
import Testing
import Ways

/// The complaints about `text`, with all checks of receivers.
private func complaints(_ text: String, _ variables: [String: String] = [:]) -> [String] {
  var surroundings = Surroundings(hostName: "web-1") { variables[$0] }
  surroundings.receivers = WayChecks()
  return Settings.load(
    text: Array(("kafka.brokers = \"a:9092\"\n" + text).utf8), file: "f", surroundings: surroundings
  ).complaints.map(\.description)
}

@Suite("Receivers of a configuration")
struct WayChecksTests {
  @Test("every way is accepted")
  func accepted() {
    let text = #"""
      [[receiver]]
      name = "hook"
      webhook = { url = "https://example.org/x", headers = { Authorization = "Bearer ${TOKEN}" }, body = '{"t": "{{host}}"}', hmac_secret = "${TOKEN}" }
      [[receiver]]
      name = "am"
      alertmanager = { url = "http://127.0.0.1:9093", resend = "30s" }
      [[receiver]]
      name = "mail"
      mail = { server = "smtp://mail:25", from = "statusd@example.org", to = ["a@example.org"], username = "u", password = "${TOKEN}" }
      [[receiver]]
      name = "run"
      command = { run = ["/bin/true", "x"], path = "/bin" }
      """#
    #expect(complaints(text, ["TOKEN": "secret"]) == [])
  }

  @Test(
    "a mistake in a way is told with its place",
    arguments: [
      (
        #"webhook = { url = "ftp://example.org" }"#,
        #"f:4:19: receiver r: webhook.url: the address must begin with http:// or https://"#
      ),
      (
        #"webhook = { url = "http://e.org", headers = { Host = "x" } }"#,
        #"f:4:54: receiver r: webhook.headers.Host: the header Host is statusd's own"#
      ),
      (
        #"webhook = { url = "http://e.org", body = '{"t": "{{hosst}}"}' }"#,
        #"f:4:42: receiver r: webhook.body: 1:8: {{hosst}} is unknown; did you mean {{host}}?"#
      ),
      (
        #"alertmanager = { url = "http://e.org/?a=b" }"#,
        #"f:4:24: receiver r: alertmanager.url: the address of Alertmanager has a query (?…): leave it out"#
      ),
      (
        #"mail = { server = "smtp://m", from = "a@b.c", to = ["x"] }"#,
        #"f:4:52: receiver r: mail.to: a mail address has the form NAME@DOMAIN, in ASCII and without quotes"#
      ),
      (
        #"command = { run = ["true"] }"#,
        #"f:4:19: receiver r: command.run: the program must be an absolute path: no shell looks for it"#
      ),
      (
        #"webhook = { url = "http://${NONE}/" }"#,
        #"f:4:19: receiver r: webhook.url: the variable NONE isn't set; set it in the environment of statusd, or write the value here"#
      ),
    ])
  func mistakes(_ line: String, _ complaint: String) {
    #expect(complaints("[[receiver]]\nname = \"r\"\n\(line)\n") == [complaint])
  }

  @Test("labels that Alertmanager can't tell apart are a mistake, for a receiver of that kind only")
  func labels() {
    let rule = """
      [[rule]]
      name = "a"
      metric = "cpu_usage"
      above = 1
      labels = { team-a = "x", team_a = "y" }

      """
    func receiver(_ way: String) -> String { "[[receiver]]\nname = \"r\"\n\(way) = { url = \"http://a.b\" }\n" }
    #expect(complaints(rule + receiver("webhook")) == [])
    #expect(
      complaints(rule + receiver("alertmanager")) == [
        "f:6:10: rule a: labels: the labels team-a and team_a would both be team_a in Alertmanager"
      ])
  }
}
