internal import Ccrypto
internal import Crdkafka
import Synchronization

/// Collects what OpenSSL found wrong with brokers' certificates, for error messages: librdkafka's own says only "verify
/// failed".
final class ConnectionNotes: Sendable {
  /// Why a certificate was refused.
  struct Refusal: Equatable, Sendable {
    /// OpenSSL's `X509_V_ERR_…`.
    var error: Int32
    /// The position in the chain: 0 for the broker's own certificate, above 0 for its issuers.
    var depth: Int32
    /// The names that the certificate is for.
    var names: [String]

    /// OpenSSL's text for the error.
    var verdict: String { String(cString: X509_verify_cert_error_string(Int(error))) }
  }

  /// Refusals by `host:port`. Bounded, because a cluster may have any number of brokers.
  private let refusals = Mutex<[String: Refusal]>([:])
  private static let bound = 256

  func note(_ refusal: Refusal, of broker: String) {
    refusals.withLock { refusals in
      if refusals.count >= Self.bound, refusals[broker] == nil { refusals.removeAll() }
      refusals[broker] = refusal
    }
  }

  /// The last refusal of the certificate of `host:port`; nil if there was none.
  func refusal(of broker: String) -> Refusal? { refusals.withLock { $0[broker] } }
}

/// Notes OpenSSL's verdict on one certificate of a chain, without changing it. Called on librdkafka's threads.
func noteCertificate(
  _ client: OpaquePointer?, _ broker: UnsafePointer<CChar>?, _ brokerID: Int32, _ error: UnsafeMutablePointer<Int32>?,
  _ depth: Int32, _ certificate: UnsafePointer<CChar>?, _ size: Int, _ reason: UnsafeMutablePointer<CChar>?,
  _ reasonSize: Int, _ opaque: UnsafeMutableRawPointer?
) -> Int32 {
  guard let error, error.pointee != 0 else { return 1 }
  if let opaque, let broker {
    let names = certificate.map { certificateNames(in: UnsafeRawBufferPointer(start: $0, count: size)) } ?? []
    let refusal = ConnectionNotes.Refusal(error: error.pointee, depth: depth, names: names)
    Unmanaged<ConnectionNotes>.fromOpaque(opaque).takeUnretainedValue().note(refusal, of: String(cString: broker))
  }
  return 0
}
