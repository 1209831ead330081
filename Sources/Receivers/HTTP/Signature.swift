internal import Ccrypto

/// What lets a receiver see that a request comes from who knows the secret, and when.
enum Signature {
  /// `sha256=` and 64 lower-case hexadecimal digits: HMAC-SHA-256 (RFC 2104) over `TIMESTAMP.BODY`. nil if OpenSSL fails.
  static func of(_ body: [UInt8], timestamp: Int64, secret: [UInt8]) -> String? {
    let message = Array("\(timestamp).".utf8) + body
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    let made = HMAC(EVP_sha256(), secret, Int32(clamping: secret.count), message, message.count, &digest, &length)
    guard made != nil, Int(length) <= digest.count else { return nil }
    let digits = Array("0123456789abcdef".utf8)
    let text = digest.prefix(Int(length)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return "sha256=" + String(decoding: text, as: UTF8.self)
  }
}

/// OpenSSL's sentence for what is wrong with a certificate.
func certificateProblem(_ code: Int) -> String {
  X509_verify_cert_error_string(code).map { String(cString: $0) } ?? "error \(code)"
}
