internal import Crdkafka
import Glibc
import Platform

/// Owns a `rd_kafka_conf_t` until a client takes it over.
final class ClientConfiguration {
  /// The C object; nil once a client owns it.
  private(set) var pointer: OpaquePointer?
  /// Values that must not appear in any message.
  private(set) var secrets: [String] = []

  init() { pointer = rd_kafka_conf_new() }

  deinit {
    if let pointer { rd_kafka_conf_destroy(pointer) }
  }

  /// Sets one property. Throws librdkafka's error text, without the value of a secret. `isHidden` marks the value as
  /// secret.
  func set(_ name: String, _ value: String, isHidden: Bool = false) throws(KafkaError) {
    if let refusal = Configuration.refusal(of: name, value: value, isHidden: isHidden, by: pointer) {
      throw KafkaError(code: .invalidArgument, message: refusal)
    }
  }

  /// Sets a property that some versions of librdkafka lack. Returns whether it was set.
  @discardableResult
  func setIfKnown(_ name: String, _ value: String) -> Bool {
    rd_kafka_conf_set(pointer, name, value, nil, 0) == RD_KAFKA_CONF_OK
  }

  /// Sets all properties of `configuration`, in order.
  func set(_ configuration: Configuration) throws(KafkaError) {
    secrets += configuration.secrets
    for (name, value) in configuration.asProperties {
      try set(name, value, isHidden: configuration.hides(name))
    }
  }

  /// Creates a client, which then owns the C object.
  ///
  /// - Throws: librdkafka's error, with the name and path of the file if it concerns one.
  func makeClient(_ kind: rd_kafka_type_t, of configuration: Configuration) throws(KafkaError) -> OpaquePointer {
    try checkFiles(of: configuration)
    var reason = [CChar](repeating: 0, count: 512)
    if let client = rd_kafka_new(kind, pointer, &reason, reason.count) {
      pointer = nil
      return client
    }
    // Read the error before any other call of librdkafka replaces it.
    let cause = KafkaError.Code(rd_kafka_last_error())
    var message = redacted(String(cStringBytes: reason))
    for name in Self.files where message.hasPrefix(name) {
      if let path = configuration.effective(name) { message = redacted("\(name) = \(path): \(message)") }
    }
    throw KafkaError(code: cause == .noResource ? cause : .invalidArgument, message: message)
  }

  private static let files = [
    "ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.keystore.location", "ssl.crl.location",
  ]

  /// Opens each file, because OpenSSL's error for a missing file doesn't name it.
  private func checkFiles(of configuration: Configuration) throws(KafkaError) {
    guard configuration.usesTLS else { return }
    for name in Self.files {
      guard let path = configuration.effective(name), path != "probe", path != "." else { continue }
      // Without O_NONBLOCK, open(2) of a named pipe would wait for a writer.
      let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      if file < 0 {
        throw KafkaError(code: .invalidArgument, message: redacted("\(name) = \(path): \(SystemError.text(of: errno))"))
      }
      defer { close(file) }
      var status = stat()
      if fstat(file, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
        throw KafkaError(
          code: .invalidArgument, message: redacted("\(name) = \(path): it is a pipe or a device, not a file"))
      }
    }
  }

  /// `text` with every secret replaced by `…`.
  func redacted(_ text: String) -> String { Redaction(secrets).applied(to: text) }
}

extension Configuration {
  /// Returns the error of setting the property in `conf`, or nil on success.
  static func refusal(of name: String, value: String, isHidden: Bool = false, by conf: OpaquePointer?) -> String? {
    var reason = [CChar](repeating: 0, count: 512)
    let result = rd_kafka_conf_set(conf, name, value, &reason, reason.count)
    guard result != RD_KAFKA_CONF_OK else { return nil }
    if result == RD_KAFKA_CONF_UNKNOWN { return "librdkafka has no property '\(name)'" }
    if isHidden || isSecret(name) { return "librdkafka refuses the value of '\(name)'" }
    return String(cStringBytes: reason)
  }
}

/// Removes secrets from librdkafka's texts.
struct Redaction: Sendable {
  private let secrets: [[UInt8]]

  /// Sorted longest first, so that a secret that contains another is replaced as a whole.
  init(_ secrets: [String]) {
    self.secrets = Set(secrets).map { Array($0.utf8) }.filter { !$0.isEmpty }.sorted { $0.count > $1.count }
  }

  /// `text` with every secret replaced by `…`.
  func applied(to text: String) -> String {
    if secrets.isEmpty { return text }
    var bytes = Array(text.utf8)
    for secret in secrets { bytes = Self.replacing(secret, in: bytes) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func replacing(_ secret: [UInt8], in bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= secret.count else { return bytes }
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes.count - index >= secret.count, bytes[index..<(index + secret.count)].elementsEqual(secret) {
        result += Array("…".utf8)
        index += secret.count
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return result
  }
}

extension String {
  /// The text of a C buffer up to its first zero.
  init(cStringBytes buffer: [CChar]) {
    self.init(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
