public import Forwarding
import Platform

/// One `[[receiver]]`: what it is told, and the way to it. `docs/configuration.md` explains each key.
public struct ReceiverSettings: Equatable, Sendable {
  /// What it is told, and when.
  public var definition: ReceiverDefinition
  /// The way to it.
  public var way: Way

  /// A receiver.
  public init(_ definition: ReceiverDefinition, by way: Way) {
    self.definition = definition
    self.way = way
  }

  /// The ways to a receiver.
  public enum Way: Equatable, Sendable {
    /// `webhook = { … }`
    case webhook(Webhook)
    /// `alertmanager = { … }`
    case alertmanager(Alertmanager)
    /// `mail = { … }`
    case mail(Mail)
    /// `command = { … }`
    case command(Command)

    /// The key of the way: `webhook`.
    public var name: String {
      switch self {
      case .webhook: "webhook"
      case .alertmanager: "alertmanager"
      case .mail: "mail"
      case .command: "command"
      }
    }
  }

  /// What requests over HTTP have in common.
  public struct Web: Equatable, Sendable {
    /// The address.
    public var url: Secret
    /// Headers of each request, in the order of the file.
    public var headers: [Header] = []
    /// A file of trusted authorities; nil for those of the machine.
    public var caFile: String?
    /// Whether the proxy that the environment names is used.
    public var usesProxy = false
    /// The time for one attempt.
    public var timeout = Duration.seconds(10)

    /// Requests to `url`.
    public init(url: Secret) { self.url = url }
  }

  /// A header of a request.
  public struct Header: Equatable, Sendable {
    /// Its name.
    public var name: String
    /// Its value.
    public var value: Secret

    /// A header.
    public init(name: String, value: Secret) {
      self.name = name
      self.value = value
    }
  }

  /// A webhook.
  public struct Webhook: Equatable, Sendable {
    /// The requests.
    public var web: Web
    /// The template of the body; nil without one.
    public var body: Template?
    /// The secret that signs requests; nil if they aren't signed.
    public var hmacSecret: Secret?

    /// A webhook without a template.
    public init(_ web: Web) { self.web = web }
  }

  /// A template of a body.
  public struct Template: Equatable, Sendable {
    /// The template itself; empty if its file isn't read.
    public var text: String
    /// The file that it is in; nil if it is in the configuration.
    public var file: String?

    /// A template.
    public init(_ text: String, file: String? = nil) {
      self.text = text
      self.file = file
    }
  }

  /// An Alertmanager.
  public struct Alertmanager: Equatable, Sendable {
    /// The requests.
    public var web: Web
    /// From one request that repeats what fires to the next.
    public var resend = Duration.seconds(60)

    /// An Alertmanager that is told once a minute what fires.
    public init(_ web: Web) { self.web = web }
  }

  /// Mail through one server.
  public struct Mail: Equatable, Sendable {
    /// `smtp://HOST:PORT` or `smtps://HOST:PORT`.
    public var server: String
    /// Who sends.
    public var from: String
    /// Who gets each mail.
    public var to: [String]
    /// The user who logs in; nil for nobody.
    public var username: String?
    /// The user's password.
    public var password: Secret?
    /// Whether mail goes only through TLS.
    public var requiresTLS = false
    /// A file of trusted authorities; nil for those of the machine.
    public var caFile: String?

    /// Mail without a login.
    public init(server: String, from: String, to: [String]) {
      self.server = server
      self.from = from
      self.to = to
    }
  }

  /// A program.
  public struct Command: Equatable, Sendable {
    /// Its path and its arguments.
    public var run: [String]
    /// The variable `PATH` of its environment; nil for none.
    public var path: String?
    /// The time for one run.
    public var timeout = Duration.seconds(30)

    /// A program that is run.
    public init(run: [String]) { self.run = run }
  }
}

/// The judgement of receivers by the program that tells them: only it knows addresses, templates and labels. Without it
/// the secrets of receivers aren't read.
public protocol ReceiverChecks: Sendable {
  /// What is wrong with a receiver; empty if nothing is. Has no effect outside.
  func problems(of receiver: ReceiverSettings) -> [ReceiverComplaint]

  /// What is wrong with a rule's labels for a receiver of the way `name`; empty if nothing is.
  func problems(ofLabels labels: [String], forWay name: String) -> [String]
}

/// What is wrong with a receiver.
public struct ReceiverComplaint: Error, Equatable, Sendable {
  /// The keys to the place in the receiver: `["webhook", "url"]`.
  public var path: [String]
  /// What is wrong and what to do. Contains no secret.
  public var message: String

  /// A complaint.
  public init(_ path: [String], _ message: String) {
    self.path = path
    self.message = message
  }
}
