import Foundation
import TestSupport
import Testing

@testable import Kafka

@Suite struct CertificateTests {
  /// A self-signed certificate, created by the openssl program, as DER.
  static func certificate(_ arguments: [String]) throws -> [UInt8] {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/certificate.der"
    let child = try Subprocess(
      "/usr/bin/env",
      ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        + ["-keyout", folder.path + "/key.pem", "-outform", "DER", "-out", path] + arguments)
    #expect(try child.waitForExit(within: 60) == .exited(0))
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private func names(_ certificate: some Collection<UInt8>) -> [String] {
    Array(certificate).withUnsafeBytes { certificateNames(in: $0) }
  }

  @Test("the names are those of the subjectAltName, addresses included")
  func alternativeNames() throws {
    let certificate = try Self.certificate([
      "-subj", "/O=Example/CN=broker", "-addext",
      "subjectAltName=DNS:kafka-1.example.com,DNS:*.example.com,IP:127.0.0.1,IP:2001:db8::1",
    ])
    #expect(names(certificate) == ["kafka-1.example.com", "*.example.com", "127.0.0.1", "2001:db8::1"])
  }

  @Test("without a subjectAltName the common name is the name")
  func commonName() throws {
    let certificate = try Self.certificate(["-subj", "/O=Example/OU=Unit/CN=broker-7"])
    #expect(names(certificate) == ["broker-7"])
  }

  @Test("a certificate that is truncated or damaged anywhere is parsed as far as possible, without a crash")
  func damaged() throws {
    let certificate = try Self.certificate(["-subj", "/CN=x", "-addext", "subjectAltName=DNS:a,IP:::1"])
    for length in 0..<certificate.count { _ = names(certificate.prefix(length)) }
    for place in certificate.indices {
      for value in [0x00, 0x7F, 0x80, 0x84, 0x88, 0xFF] as [UInt8] {
        var damaged = certificate
        damaged[place] = value
        _ = names(damaged)
      }
    }
    #expect(names([]) == [])
  }
}
