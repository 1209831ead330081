#ifndef STATUSD_CCURL_SHIM_H
#define STATUSD_CCURL_SHIM_H

// The checks of argument types are macros for constant options; the functions below have types.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

// Swift doesn't import variadic functions: one function for each type of argument.

static inline CURLcode statusd_curl_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

// curl copies the text, except that of CURLOPT_POSTFIELDS.
static inline CURLcode statusd_curl_set_text(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

// For pointers of callbacks, and for lists, which must outlive the transfer.
static inline CURLcode statusd_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode statusd_curl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

// Goes on with the recipients that a mail server accepts. libcurl 8.2 renamed the option, and kept the old name as a macro.
static inline CURLcode statusd_curl_allow_refused_recipients(CURL *easy) {
  return curl_easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
}

// The types of CURLOPT_WRITEFUNCTION and CURLOPT_READFUNCTION.
typedef size_t (*statusd_curl_data)(char *data, size_t size, size_t count, void *context);

static inline CURLcode statusd_curl_set_data(CURL *easy, CURLoption option, statusd_curl_data callback) {
  return curl_easy_setopt(easy, option, callback);
}

// The type of CURLOPT_DEBUGFUNCTION.
typedef int (*statusd_curl_debug)(CURL *easy, curl_infotype kind, char *data, size_t size, void *context);

static inline CURLcode statusd_curl_set_debug(CURL *easy, statusd_curl_debug callback) {
  return curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, callback);
}

static inline CURLcode statusd_curl_set_progress(CURL *easy, curl_xferinfo_callback callback) {
  return curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, callback);
}

static inline long statusd_curl_long(CURL *easy, CURLINFO info) {
  long value = 0;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

static inline curl_off_t statusd_curl_size(CURL *easy, CURLINFO info) {
  curl_off_t value = 0;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

// The result of the only transfer of `multi`; -1 while it goes on.
static inline int statusd_curl_result(CURLM *multi) {
  int left = 0;
  CURLMsg *message = curl_multi_info_read(multi, &left);
  return message && message->msg == CURLMSG_DONE ? (int)message->data.result : -1;
}

#endif
