#ifndef STATUSD_CMICROHTTPD_SHIM_H
#define STATUSD_CMICROHTTPD_SHIM_H

#include <microhttpd.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// Variadic functions and most enumerators don't arrive in Swift: everything that is needed is here.

// An answer. The body was allocated by malloc; the server frees it.
typedef struct {
  unsigned status;
  const char *type;
  const char *allow;
  void *body;
  size_t length;
} statusd_http_answer;

// Answers a request. Called on the server's thread.
typedef void (*statusd_http_handler)(void *context, const char *method, const char *path, statusd_http_answer *answer);

typedef struct {
  statusd_http_handler handler;
  void *context;
} statusd_http_site;

// The answer goes out once the header of the request is there; no body of a request is read.
static inline enum MHD_Result statusd_http_access(void *site, struct MHD_Connection *connection, const char *path,
                                                  const char *method, const char *version, const char *upload,
                                                  size_t *upload_size, void **state) {
  (void)version;
  (void)upload;
  (void)upload_size;
  (void)state;
  statusd_http_site *called = (statusd_http_site *)site;
  statusd_http_answer answer = {500, "text/plain", NULL, NULL, 0};
  called->handler(called->context, method, path, &answer);
  struct MHD_Response *response =
    MHD_create_response_from_buffer(answer.length, answer.body ? answer.body : (void *)"", answer.body ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
  if (!response) {
    free(answer.body);
    return MHD_NO;
  }
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.type);
  if (answer.allow) MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, answer.allow);
  enum MHD_Result result = MHD_queue_response(connection, answer.status, response);
  MHD_destroy_response(response);
  return result;
}

static inline void statusd_http_silence(void *context, const char *format, va_list arguments) {
  (void)context;
  (void)format;
  (void)arguments;
}

// A server at the first address of `host` and `port`, on a thread of its own; NULL with errno or, if the name has no
// address, with *unresolved. `site` must outlive it. `limit`: how many connections there are at once, each silent for
// `timeout` seconds at most, with `memory` bytes for its header.
static inline struct MHD_Daemon *statusd_http_start(const char *host, const char *port, statusd_http_site *site,
                                                    unsigned limit, unsigned timeout, size_t memory, int *unresolved) {
  struct addrinfo hints, *found = NULL;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  *unresolved = getaddrinfo(host, port, &hints, &found);
  if (*unresolved) return NULL;
  unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
  if (found->ai_family == AF_INET6) flags |= MHD_USE_IPv6;
  errno = 0;
  struct MHD_Daemon *daemon = MHD_start_daemon(
    flags, 0, NULL, NULL, &statusd_http_access, site, MHD_OPTION_EXTERNAL_LOGGER, &statusd_http_silence, NULL,
    MHD_OPTION_SOCK_ADDR, found->ai_addr, MHD_OPTION_CONNECTION_LIMIT, limit, MHD_OPTION_CONNECTION_TIMEOUT, timeout,
    MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_END);
  int code = errno;
  freeaddrinfo(found);
  errno = code;
  return daemon;
}

// The port that it listens on; 0 if that isn't known.
static inline unsigned statusd_http_port(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
  return info ? info->port : 0;
}

#endif
