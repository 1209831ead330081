import TestSupport
import Testing

/// A folder with two self-signed certificates for 127.0.0.1 and mail.test: `server.crt` with `server.key`, and `other.crt`.
final class TLSFolder: Sendable {
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    for name in ["server", "other"] {
      let child = try Subprocess(
        "/usr/bin/env",
        [
          "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
          "\(name).key", "-out", "\(name).crt", "-subj", "/CN=\(name)", "-days", "2", "-addext",
          "subjectAltName=IP:127.0.0.1,DNS:mail.test",
        ], directory: folder.path)
      let status = try child.waitForExit()
      try #require(status == .exited(0), "\(child.errors.text)")
    }
  }

  func path(_ name: String) -> String { "\(folder.path)/\(name)" }
}
