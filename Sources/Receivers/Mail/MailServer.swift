internal import Ccurl

/// A server that takes mail, and how it is spoken to.
public struct MailServer: Sendable {
  /// A user of the server. Both texts are secrets.
  public struct Login: Sendable, CustomStringConvertible {
    let user: String
    let password: String

    /// Neither of them.
    public var description: String { "***" }

    /// Checks both: no control characters.
    public init(user: String, password: String) throws(ReceiverProblem) {
      guard !user.isEmpty, (user + password).utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
        throw ReceiverProblem("a user's name or password is empty, or has a control character")
      }
      self.user = user
      self.password = password
    }
  }

  /// `smtp://HOST:PORT` or `smtps://HOST:PORT`.
  let address: String
  /// Whether TLS begins with the connection.
  let isImplicitTLS: Bool
  /// Who logs in; nil for nobody.
  public let login: Login?
  /// Whether mail goes only through TLS with a certificate that is checked.
  public let requiresTLS: Bool
  /// Trusted authorities, a PEM file; nil for those of the machine.
  public let caFile: String?

  /// A server.
  ///
  /// - Parameters:
  ///   - address: `smtp://` or `smtps://` with a host and perhaps a port, nothing else.
  ///   - requiresTLS: always so with a login, and with `smtps`. Otherwise STARTTLS is used if the server offers it,
  ///     whatever its certificate: without it, anybody could read along just as well.
  public init(
    _ address: String, login: Login? = nil, requiresTLS: Bool = false, caFile: String? = nil
  ) throws(ReceiverProblem) {
    guard address.utf8.count <= 512, address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let parts = CurlAddress()
    else {
      throw ReceiverProblem("the server has the form smtp://HOST:PORT or smtps://HOST:PORT")
    }
    guard parts.parse(address), let scheme = parts[CURLUPART_SCHEME], scheme == "smtp" || scheme == "smtps",
      let host = parts[CURLUPART_HOST], parts[CURLUPART_PATH] ?? "/" == "/", parts[CURLUPART_QUERY] == nil,
      parts[CURLUPART_FRAGMENT] == nil
    else { throw ReceiverProblem("the server has the form smtp://HOST:PORT or smtps://HOST:PORT") }
    guard parts[CURLUPART_USER] == nil, parts[CURLUPART_PASSWORD] == nil else {
      throw ReceiverProblem("the server's address has a login: give user and password by themselves")
    }
    self.address = "\(scheme)://\(host)" + (parts[CURLUPART_PORT].map { ":\($0)" } ?? "")
    isImplicitTLS = scheme == "smtps"
    self.login = login
    self.requiresTLS = requiresTLS || login != nil || isImplicitTLS
    self.caFile = caFile
  }
}
