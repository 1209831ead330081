import Platform
import TestSupport
import Testing

@testable import Kafka

/// Error texts of librdkafka 2.0.2 with brokers of Kafka 4.3 and 3.9.
@Suite(.waits) struct ConnectionTroubleTests {
  private func trouble(
    _ code: KafkaError.Code, _ message: String, refusal: ConnectionNotes.Refusal? = nil, mechanism: String? = nil,
    libraryVersion: Int32 = 0x0200_02ff, isFatal: Bool = false, isListed: Bool = true, wasConnected: Bool = false
  ) -> ConnectionTrouble {
    ConnectionTrouble(
      KafkaError(code: code, message: message, isFatal: isFatal), refusal: { _ in refusal }, mechanism: mechanism,
      libraryVersion: libraryVersion, isListed: { _ in isListed }, wasConnected: wasConnected)
  }

  @Test("a host name without an address differs from a broker that refuses connections")
  func unreachable() {
    let unresolvable = trouble(
      .resolve,
      "no-such-host.invalid:9092/bootstrap: Failed to resolve 'no-such-host.invalid:9092': Name or service not known (after 1ms in state CONNECT)"
    )
    #expect(unresolvable.kind == .unresolvable)
    #expect(unresolvable.facts["broker"] == "no-such-host.invalid:9092")
    let refused = trouble(
      .transport,
      "[thrd:127.0.0.1:20299/bootstrap]: 127.0.0.1:20299/bootstrap: Connect to ipv4#127.0.0.1:20299 failed: Connection refused (after 0ms in state CONNECT)"
    )
    #expect(refused.kind == .refused)
    #expect(refused.facts["broker"] == "127.0.0.1:20299")
    #expect(
      refused.facts["detail"]
        == "Connect to ipv4#127.0.0.1:20299 failed: Connection refused (after 0ms in state CONNECT)")
  }

  @Test("a silent broker and a broken connection have different sentences")
  func silence() {
    #expect(
      trouble(
        .transport, "kafka-1:9092/1: Connection setup timed out in state CONNECT (after 30026ms in state CONNECT)"
      )
      .kind == .timedOut)
    #expect(trouble(.timedOut, "kafka-1:9092/1: 1 request(s) timed out: disconnect").kind == .timedOut)
    #expect(trouble(.transport, "kafka-1:9092/1: Disconnected (after 1000ms in state UP)").kind == .broken)
    let down = trouble(.allBrokersDown, "1/1 brokers are down")
    #expect(down.kind == .allDown)
    #expect(down.facts == [:])
  }

  private let verifyFailed =
    "sasl_ssl://kafka-alias:20214/bootstrap: SSL handshake failed: ../ssl/statem/statem_clnt.c:1889:tls_post_process_server_certificate error:0A000086:SSL routines::certificate verify failed: broker certificate could not be verified, verify that ssl.ca.location is correctly configured or root CA certificates are installed (install ca-certificates package) (after 286ms in state SSL_HANDSHAKE)"

  @Test(
    "each cause of a refused certificate has its own sentence",
    arguments: [
      (20, ConnectionTrouble.Kind.wrongAuthority), (19, .wrongAuthority), (18, .wrongAuthority), (10, .expired),
      (9, .notYetValid), (62, .otherName), (64, .otherName), (23, .otherCertificate),
    ] as [(Int32, ConnectionTrouble.Kind)])
  func certificates(verdict: Int32, kind: ConnectionTrouble.Kind) {
    let refusal = ConnectionNotes.Refusal(error: verdict, depth: 0, names: ["localhost", "127.0.0.1"])
    let trouble = trouble(.tls, verifyFailed, refusal: refusal)
    #expect(trouble.kind == kind)
    #expect(trouble.level == .error)
    #expect(trouble.facts["broker"] == "kafka-alias:20214")
    #expect(trouble.facts["certificate_is_for"] == (kind == .otherName ? "localhost, 127.0.0.1" : nil))
    #expect(trouble.facts["verdict"] == (kind == .otherCertificate ? "certificate revoked" : nil))
  }

  @Test("a certificate without a name says so")
  func nameless() {
    let refusal = ConnectionNotes.Refusal(error: 62, depth: 0, names: [])
    #expect(trouble(.tls, verifyFailed, refusal: refusal).facts["certificate_is_for"] == "no name")
  }

  @Test(
    "an address that isn't in [kafka] brokers is reported as advertised, with the setting that may be wrong",
    arguments: [
      (
        KafkaError.Code.transport,
        "127.0.0.1:23499/1: Connect to ipv4#127.0.0.1:23499 failed: Connection refused (after 0ms in state CONNECT)",
        ConnectionTrouble.Kind.refused
      ),
      (
        .transport, "kafka-1:9092/1: Connection setup timed out in state CONNECT (after 30026ms in state CONNECT)",
        .timedOut
      ),
      (.resolve, "inside:9092/1: Failed to resolve 'inside:9092': Name or service not known", .unresolvable),
    ] as [(KafkaError.Code, String, ConnectionTrouble.Kind)])
  func advertised(code: KafkaError.Code, text: String, listed: ConnectionTrouble.Kind) {
    #expect(trouble(code, text).kind == listed)
    let other = trouble(code, text, isListed: false)
    #expect(other.kind == .advertised)
    #expect("\(other.kind.sentence)".contains("advertised.listeners"))
    // An address that was connected before is right.
    #expect(
      trouble(.timedOut, "kafka-1:9092/1: 1 request(s) timed out: disconnect", isListed: false).kind == .timedOut)
  }

  @Test(
    "a broker that closes the connection during shutdown isn't reported as lacking TLS or a login, if it was connected before"
  )
  func goingDown() {
    let halves = [
      "127.0.0.1:1/1: Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol configuration (connecting to a SSL listener?) or broker version is < 0.10 (see api.version.request) (after 3ms in state APIVERSION_QUERY)",
      "ssl://127.0.0.1:1/1: Disconnected: connecting to a PLAINTEXT broker listener? (after 3ms in state SSL_HANDSHAKE)",
      "127.0.0.1:1/1: Disconnected: verify that security.protocol is correctly configured, broker might require SASL authentication (after 1ms in state UP)",
    ]
    for text in halves {
      let first = trouble(.transport, text)
      #expect(first.kind == .halfTLS || first.kind == .loginMissing)
      #expect(first.level == .warning)
      #expect("\(first.kind.sentence)".contains("if this happens every time"))
      #expect(trouble(.transport, text, wasConnected: true).kind == .broken)
    }
  }

  @Test("a port that answers TLS with other bytes differs from one that closes the connection")
  func noTLS() {
    let answer =
      "ssl://localhost:1/bootstrap: SSL handshake failed: ssl/record/ssl3_record.c:354:ssl3_get_record error:0A00010B:SSL routines::wrong version number (after 2ms in state SSL_HANDSHAKE)"
    #expect(trouble(.tls, answer).kind == .plaintext)
    #expect(trouble(.tls, answer, wasConnected: true).kind == .plaintext)
  }

  @Test("a broker that requires our certificate differs from one that doesn't speak TLS")
  func ownCertificate() {
    #expect(
      trouble(
        .transport,
        "ssl://localhost:20213/bootstrap: Receive failed: ../ssl/record/rec_layer_s3.c:1601:ssl3_read_bytes error:0A000412:SSL routines::sslv3 alert bad certificate: SSL alert number 42 (after 1ms in state APIVERSION_QUERY)"
      ).kind == .ownCertificate)
    #expect(
      trouble(
        .tls,
        "ssl://localhost:20210/bootstrap: SSL handshake failed: ../ssl/record/rec_layer_s3.c:318:ssl3_read_n error:0A000126:SSL routines::unexpected eof while reading (after 12ms in state SSL_HANDSHAKE)"
      ).kind == .halfTLS)
    #expect(
      trouble(
        .transport,
        "sasl_plaintext://localhost:20214/bootstrap: Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol configuration (connecting to a SSL listener?) or broker version is < 0.10 (see api.version.request) (after 3ms in state APIVERSION_QUERY)"
      ).kind == .halfTLS)
    #expect(trouble(.tls, "ssl://a:1/bootstrap: SSL handshake failed: something new").kind == .tls)
  }

  @Test("a refused password is reported as such, and the SCRAM bug before 2.6.1 isn't reported as one")
  func logins() {
    let refused =
      "sasl_plaintext://localhost:20212/bootstrap: SASL authentication error: Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-256 (after 350ms in state AUTH_REQ)"
    let old = trouble(.authentication, refused, mechanism: "SCRAM-SHA-256")
    #expect(old.kind == .scramBug)
    #expect(!"\(old.kind.sentence)".contains("password"))
    #expect(old.facts["librdkafka"] == "2.0.2")
    #expect(trouble(.authentication, refused, mechanism: "SCRAM-SHA-512", libraryVersion: 0x0206_01ff).kind == .login)
    #expect(trouble(.authentication, refused, mechanism: "PLAIN").kind == .login)
    #expect(
      trouble(
        .authentication,
        "sasl_plaintext://b:1/bootstrap: SASL OAUTHBEARER mechanism handshake failed: Broker: Unsupported SASL mechanism: broker's supported mechanisms: PLAIN,SCRAM-SHA-256",
        mechanism: "OAUTHBEARER"
      ).kind == .mechanism)
    #expect(
      trouble(
        .transport,
        "localhost:20212/bootstrap: Disconnected: verify that security.protocol is correctly configured, broker might require SASL authentication (after 1ms in state UP)"
      ).kind == .loginMissing)
  }

  @Test("fatal and unexpected errors are reported with their code")
  func others() {
    #expect(trouble(.fenced, "fenced", isFatal: true).kind == .fatal)
    let other = trouble(.groupAuthorizationFailed, "Broker: Group authorization failed")
    #expect(other.kind == .other)
    #expect(other.facts["error"] == "GROUP_AUTHORIZATION_FAILED")
    #expect(other.facts["broker"] == nil)
    let missing = trouble(
      .unknownTopicOrPartition, "Subscribed topic not available: s: Broker: Unknown topic or partition")
    #expect(missing.kind == .topicMissing)
    #expect(missing.facts["broker"] == nil)
  }

  @Test("every kind has its own sentence")
  func sentences() {
    let said = Set(ConnectionTroubleKind.allCases.map { "\($0.sentence)" })
    #expect(said.count == ConnectionTroubleKind.allCases.count)
  }

  @Test("texts that only look like a broker's address aren't split")
  func noBroker() {
    for text in [
      "", "a/b", "x: y", "Failed to acquire PID / epoch: timed out", "://", "/: x", "[thrd:main]", "[thrd:x]: ",
    ] {
      #expect(ConnectionTrouble.split(text).broker == nil)
    }
    #expect(ConnectionTrouble.split("GroupCoordinator/1: text").broker == "GroupCoordinator")
    #expect(ConnectionTrouble.split("GroupCoordinator: text").broker == nil)
  }

  @Test(
    "a coordinator is named by its address, like any other broker", arguments: ["Group", "Txn"])
  func coordinators(kind: String) {
    let (broker, detail) = ConnectionTrouble.split(
      "\(kind)Coordinator: [::1]:9092: Connect to ipv6#[::1]:9092 failed: Connection refused (after 0ms in state CONNECT)"
    )
    #expect(broker == "[::1]:9092")
    #expect(detail == "Connect to ipv6#[::1]:9092 failed: Connection refused (after 0ms in state CONNECT)")
  }
}
