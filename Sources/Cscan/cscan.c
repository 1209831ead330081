#define _GNU_SOURCE
#include "cscan.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>

static locale_t plain;

static void make_plain(void) { plain = newlocale(LC_ALL_MASK, "C", (locale_t)0); }

double cscan_strtod(const uint8_t *p) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_plain);
  // Without memory for the "C" locale, use the process's. statusd never calls setlocale(3), so its decimal point is
  // `.`, too.
  return plain ? strtod_l((const char *)p, NULL, plain) : strtod((const char *)p, NULL);
}
