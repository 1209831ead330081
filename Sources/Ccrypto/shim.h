#ifndef STATUSD_CCRYPTO_SHIM_H
#define STATUSD_CCRYPTO_SHIM_H

#include <arpa/inet.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

// Takes a name; its bytes are valid during the call, and may be anything.
typedef void (*statusd_take_name)(void *context, const unsigned char *name, size_t length);

// Gives the DNS names and addresses of a certificate's subjectAltName to `take`; how many there were. OpenSSL's stacks are
// macros, which Swift doesn't import.
static inline int statusd_alternative_names(const X509 *certificate, void *context, statusd_take_name take) {
  GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  int count = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS) {
      take(context, ASN1_STRING_get0_data(name->d.dNSName), (size_t)ASN1_STRING_length(name->d.dNSName));
      count++;
    } else if (name->type == GEN_IPADD) {
      const ASN1_OCTET_STRING *address = name->d.iPAddress;
      int length = ASN1_STRING_length(address);
      char text[INET6_ADDRSTRLEN];
      if (length != 4 && length != 16) continue;
      if (!inet_ntop(length == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text, sizeof text)) continue;
      take(context, (const unsigned char *)text, strlen(text));
      count++;
    }
  }
  GENERAL_NAMES_free(names);
  return count;
}

#endif
