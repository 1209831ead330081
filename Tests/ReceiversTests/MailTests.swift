import Foundation
import Platform
import Records
import TestSupport
import Testing

@testable import Receivers

@Suite("Mail", .waits, .enabled(if: MailServerProcess.isInstalled))
struct MailTests {
  private func channel(
    _ server: MailServer, to recipients: [String] = ["on-call@example.org"], from sender: String = "statusd@example.org"
  ) throws -> MailChannel {
    let options = try MailChannel.Options(
      server: server, sender: try MailAddress(sender), recipients: try recipients.map { try MailAddress($0) },
      host: "monitor.example.org")
    let time = ManualTime(wall: WallTime(milliseconds: 1_795_176_003_900))
    return try MailChannel(options, stop: StopSignal(StopSource().token), time: time)
  }

  @Test("a mail has the alert, and what a mail of a machine needs")
  func plain() throws {
    let server = try MailServerProcess()
    let channel = try channel(
      try MailServer("smtp://127.0.0.1:\(server.port)"), to: ["on-call@example.org", "ops+x@example.org"])
    let told = notification([transition()])
    #expect(channel.send(told) == .delivered())
    let mails = try server.mails(1)
    let mail = try #require(mails.first)
    #expect(mails.count == 1)
    #expect(mail.from == "statusd@example.org")
    #expect(mail.to == ["on-call@example.org", "ops+x@example.org"])
    #expect(mail.greeting == "monitor.example.org")
    #expect((mail.tls, mail.user) == (false, nil))
    #expect(
      mail.headers == [
        "From": "statusd@example.org", "To": "on-call@example.org, ops+x@example.org",
        "Subject": "[critical] cpu-high on web-1", "Date": "Fri, 20 Nov 2026 12:00:03 +0000",
        "Message-ID": "<\(told.id)@monitor.example.org>", "Auto-Submitted": "auto-generated", "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=\"utf-8\"", "Content-Transfer-Encoding": "quoted-printable",
      ])
    #expect(
      mail.body == """
        FIRING (critical): cpu-high on web-1
          CPU of web-1 at 97.1% (limit 90)
          cpu_usage is 97.1, the limit is 90
          since 2026-11-20 12:00:00 UTC, told at 2026-11-20 12:00:03 UTC
          team=infra

        --\u{20}
        statusd, to on-call

        """)
  }

  @Test("of many alerts a mail is a digest: counts by rule, then a line for each")
  func digest() throws {
    let server = try MailServerProcess()
    let channel = try channel(try MailServer("smtp://127.0.0.1:\(server.port)"))
    let firing = (0..<600).map { transition(rule: $0 < 590 ? "cpu-high" : "disk", host: "h\($0)") }
    let resolved = transition(host: "h0", status: .resolved, offset: 7)
    #expect(channel.send(notification(firing + [resolved], group: [("team", "infra")])) == .delivered())
    let mail = try #require(try server.mails(1).first)
    #expect(mail.headers["Subject"] == "[critical] 599 firing, 1 resolved: team=infra")
    let lines = mail.body.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      lines.prefix(6) == [
        "599 firing, 1 resolved", "", "cpu-high: 590 firing, 1 resolved", "disk: 10 firing", "",
        "2026-11-20 12:00:03 UTC FIRING (critical): cpu-high on h0 (97.1, limit 90) since 2026-11-20 12:00:00 UTC",
      ])
    #expect(lines.count == 5 + 500 + 1 + 4)
    #expect(lines[505] == "… and 101 more")
  }

  @Test("no text makes a header, ends the message, or reaches a terminal")
  func hostile() throws {
    let server = try MailServerProcess()
    let channel = try channel(try MailServer("smtp://127.0.0.1:\(server.port)"))
    for (index, odd) in hostileTexts.enumerated() {
      let told = notification(
        [transition(rule: odd, host: odd, summary: odd, labels: [(odd, odd)])], receiver: odd,
        group: [(odd, odd)])
      #expect(channel.send(told) == .delivered())
      let mails = try server.mails(index + 1)
      let mail = try #require(mails.last)
      #expect(mails.count == index + 1)
      #expect(mail.to == ["on-call@example.org"])
      #expect(mail.names.count == 9)
      let shown = Printable.text(odd)
      #expect(mail.headers["Subject"]?.hasPrefix("[critical] \(shown.prefix(20))") == true, "\(mail.headers)")
      #expect(mail.body.contains("  \(shown)\n") || odd.isEmpty)
      #expect(mail.body.hasSuffix("statusd, to \(shown.count > 100 ? shown.prefix(100) + "…" : shown[...])\n"))
      // What a terminal or a mail program gets is plain ASCII in short lines.
      let raw = String(decoding: mail.raw, as: UTF8.self)
      #expect(raw.utf8.allSatisfy { ($0 >= 0x20 && $0 < 0x7F) || $0 == 0x0A || $0 == 0x0D })
      #expect(raw.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 78 && !$0.hasPrefix(".") })
    }
  }

  @Test("a login goes through TLS only, with a certificate that is checked")
  func logins() throws {
    let tls = try TLSFolder()
    let server = try MailServerProcess([
      "certificate": tls.path("server.crt"), "key": tls.path("server.key"), "user": "statusd", "password": "geheim",
    ])
    let told = notification([transition()])
    func send(_ password: String, _ authority: String) throws -> SendOutcome {
      let login = try MailServer.Login(user: "statusd", password: password)
      return try channel(
        try MailServer("smtp://127.0.0.1:\(server.port)", login: login, caFile: tls.path(authority))
      ).send(told)
    }
    #expect(try send("geheim", "server.crt") == .delivered())
    let mail = try #require(try server.mails(1).first)
    #expect((mail.tls, mail.user) == (true, "statusd"))
    #expect(try send("falsch", "server.crt") == .later(reason: "Login denied (SMTP status 535)"))
    guard case .later(_, let reason) = try send("geheim", "other.crt") else { return #expect(Bool(false)) }
    #expect(reason.hasPrefix("SSL peer certificate or SSH remote key was not OK"))
    // Who doesn't log in is told to: that may change, too.
    #expect(
      try channel(try MailServer("smtp://127.0.0.1:\(server.port)")).send(told)
        == .later(reason: "SMTP status 530 to MAIL"))
    #expect(try server.mails(1).count == 1)
  }

  @Test("a login isn't said to a server without TLS")
  func strippedTLS() throws {
    let server = try ScriptedMailServer(["EHLO": "250-mail.test\r\n250 AUTH PLAIN LOGIN"])
    let login = try MailServer.Login(user: "statusd", password: "geheim")
    let outcome = try channel(try MailServer("smtp://127.0.0.1:\(server.port)", login: login)).send(
      notification([transition()]))
    #expect(outcome == .later(reason: "Requested SSL level failed"))
    #expect(!server.lines.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") })
  }

  @Test("smtps has TLS from the start; without a login, STARTTLS is used where it is offered")
  func encryption() throws {
    let tls = try TLSFolder()
    let files = ["certificate": tls.path("server.crt"), "key": tls.path("server.key")]
    let implicit = try MailServerProcess(files.merging(["implicit": "yes"]) { $1 })
    let told = notification([transition()])
    let secure = try channel(try MailServer("smtps://127.0.0.1:\(implicit.port)", caFile: tls.path("server.crt")))
    #expect(secure.send(told) == .delivered())
    #expect(try implicit.mails(1).first?.tls == true)
    #expect(try channel(try MailServer("smtps://127.0.0.1:\(implicit.port)")).send(told) != .delivered())
    let offered = try MailServerProcess(files)
    #expect(try channel(try MailServer("smtp://127.0.0.1:\(offered.port)")).send(told) == .delivered())
    #expect(try offered.mails(1).first?.tls == true)
    let without = try MailServerProcess()
    let required = try channel(try MailServer("smtp://127.0.0.1:\(without.port)", requiresTLS: true))
    #expect(required.send(told) == .later(reason: "Requested SSL level failed"))
  }

  @Test("who has a mail doesn't get it again because of others; who refuses it isn't asked again")
  func partial() throws {
    let server = try MailServerProcess()
    let channel = try channel(
      try MailServer("smtp://127.0.0.1:\(server.port)"),
      to: ["a@example.org", "refused@example.org", "once@example.org"])
    let told = notification([transition()])
    #expect(channel.send(told) == .later(reason: "SMTP status 451 to RCPT"))
    #expect(channel.send(told) == .delivered(remark: "refused@example.org: SMTP status 550 to RCPT"))
    #expect(try server.mails(2).map(\.to) == [["a@example.org"], ["once@example.org"]])
    // The next one goes to everybody again.
    #expect(channel.send(notification([transition(offset: 2)])) != .later(reason: ""))
    #expect(try server.mails(3).last?.to == ["a@example.org", "once@example.org"])
  }

  @Test("5xx for recipients or the message refuses it; 4xx, and 5xx for the sender, may change")
  func statuses() throws {
    let server = try MailServerProcess()
    let address = try MailServer("smtp://127.0.0.1:\(server.port)")
    let told = notification([transition()])
    #expect(
      try channel(address, to: ["refused@example.org"]).send(told) == .refused(reason: "SMTP status 550 to RCPT"))
    #expect(try channel(address, to: ["later@example.org"]).send(told) == .later(reason: "SMTP status 451 to RCPT"))
    #expect(try channel(address, from: "bad@example.org").send(told) == .later(reason: "SMTP status 553 to MAIL"))
    #expect(
      try channel(address).send(notification([transition(rule: "REJECT")]))
        == .refused(reason: "SMTP status 554 to DATA"))
    #expect(try server.mails(0).isEmpty)
  }

  @Test(
    "a server that says nothing, the wrong thing, or goes away",
    arguments: [
      ("greeting", "554 go away", "Weird server reply (SMTP status 554)"),
      ("greeting", "", "the mail server doesn't answer in time"),
      ("MAIL", "552 too large", "refused: SMTP status 552 to MAIL"),
      ("MAIL", "", "the mail server doesn't answer in time"),
      ("RCPT", "", "the mail server doesn't answer in time"),
      ("DATA", "421 bye", "SMTP status 421 to DATA"),
      (".", "452 full", "SMTP status 452 to DATA"),
      (".", "", "the mail server doesn't answer in time"),
      (".", "close", "the mail server"),
      ("QUIT", "", "delivered"),
    ])
  func scripted(at command: String, reply: String, expected: String) throws {
    let server = try ScriptedMailServer([command: reply])
    var options = try MailChannel.Options(
      server: try MailServer("smtp://127.0.0.1:\(server.port)"), sender: try MailAddress("a@example.org"),
      recipients: [try MailAddress("b@example.org")], host: "monitor.example.org")
    // Only where nothing else ends the wait: a busy machine may need its time.
    let limit = Duration.seconds(reply.isEmpty && command != "QUIT" ? 1 : 60)
    (options.connectLimit, options.answerLimit, options.messageLimit) = (limit, limit, limit)
    let channel = try MailChannel(options, stop: StopSignal(StopSource().token))
    switch channel.send(notification([transition()])) {
    case .delivered(let remark): #expect(expected == "delivered" && remark == nil)
    case .refused(let reason): #expect(expected == "refused: \(reason)")
    case .later(_, let reason): #expect(reason == expected || reply == "close")
    }
  }

  @Test(
    "a mail that is given up is cut off: its server isn't told that it is complete",
    arguments: ["MAIL", "RCPT", "DATA"])
  func cutOff(at command: String) throws {
    let server = try ScriptedMailServer([command: ""])
    var options = try MailChannel.Options(
      server: try MailServer("smtp://127.0.0.1:\(server.port)"), sender: try MailAddress("a@example.org"),
      recipients: [try MailAddress("b@example.org")], host: "monitor.example.org")
    options.answerLimit = .seconds(1)
    let channel = try MailChannel(options, stop: StopSignal(StopSource().token))
    let before = SystemTime().monotonic
    let outcome = channel.send(notification([transition()]))
    #expect(outcome == .later(reason: "the mail server doesn't answer in time"))
    #expect(SystemTime().monotonic - before < .seconds(10))
    #expect(server.rest() == "")
  }

  @Test("a stop ends a mail that waits for its server")
  func stopped() throws {
    let server = try ScriptedMailServer([".": ""])
    let options = try MailChannel.Options(
      server: try MailServer("smtp://127.0.0.1:\(server.port)"), sender: try MailAddress("a@example.org"),
      recipients: [try MailAddress("b@example.org")], host: "monitor.example.org")
    let stop = StopSource()
    let channel = try MailChannel(options, stop: StopSignal(stop.token))
    let stopper = try startThread(name: "stop") {
      server.wait(for: ".")
      stop.stop()
    }
    #expect(channel.send(notification([transition()])) == .later(reason: "statusd-forward stops"))
    stopper.join()
    #expect(server.lines.contains("."))
  }

  @Test("addresses, servers and logins that aren't plain are refused")
  func problems() throws {
    for text in [
      "", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\r\nRCPT TO:<x@y>", "<a@b>", "a..b@c", ".a@b", "a@-b", "a@b.", "é@b",
      "a@b c",
      "\"a\"@b", "a@[127.0.0.1]", "a\u{0}@b",
    ] {
      #expect(throws: ReceiverProblem.self, "\(text)") { _ = try MailAddress(text) }
    }
    for text in [
      "", "mail.test", "http://mail.test", "smtp://", "smtp://a:b@mail.test", "smtp://mail.test/x",
      "smtp://mail.test?x",
      "smtp://mail test", "smtp://mail.test\r\n",
    ] {
      #expect(throws: ReceiverProblem.self, "\(text)") { _ = try MailServer(text) }
    }
    #expect(throws: ReceiverProblem.self) { _ = try MailServer.Login(user: "a", password: "b\r\nc") }
    #expect("\(try MailServer.Login(user: "statusd", password: "geheim"))" == "***")
    let server = try MailServer("smtp://mail.test")
    let someone = try MailAddress("a@b")
    #expect(throws: ReceiverProblem.self) {
      _ = try MailChannel.Options(server: server, sender: someone, recipients: [], host: "b")
    }
    #expect(throws: ReceiverProblem.self) {
      _ = try MailChannel.Options(server: server, sender: someone, recipients: [someone], host: "b>\r\n")
    }
  }
}
