internal import Ccrypto

/// The names in an X.509 certificate (DER, RFC 5280): the DNS names and addresses of its subjectAltName, or its common
/// names if it has none. Empty if OpenSSL can't parse it.
func certificateNames(in certificate: UnsafeRawBufferPointer) -> [String] {
  var bytes = certificate.bindMemory(to: UInt8.self).baseAddress
  guard let parsed = d2i_X509(nil, &bytes, certificate.count) else { return [] }
  defer { X509_free(parsed) }
  var names: [String] = []
  let count = withUnsafeMutablePointer(to: &names) { names in
    statusd_alternative_names(parsed, names) { context, name, length in
      guard let context, let name else { return }
      let text = String(decoding: UnsafeBufferPointer(start: name, count: length), as: UTF8.self)
      context.assumingMemoryBound(to: [String].self).pointee.append(text)
    }
  }
  return count > 0 ? names : commonNames(of: parsed)
}

private func commonNames(of certificate: OpaquePointer) -> [String] {
  let subject = X509_get_subject_name(certificate)
  var names: [String] = []
  var place: Int32 = -1
  while true {
    place = X509_NAME_get_index_by_NID(subject, NID_commonName, place)
    if place < 0 { return names }
    guard let value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place)) else { continue }
    var utf8: UnsafeMutablePointer<UInt8>?
    let length = ASN1_STRING_to_UTF8(&utf8, value)
    guard length >= 0, let utf8 else { continue }
    names.append(String(decoding: UnsafeBufferPointer(start: utf8, count: Int(length)), as: UTF8.self))
    CRYPTO_free(utf8, "", 0)
  }
}
