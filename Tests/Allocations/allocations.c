// Test-only: counts what is allocated, so that a test can say that a hot path allocates nothing.
#include "allocations.h"
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED

int64_t allocations_of_this_thread(void) { return -1; }
int64_t allocated_bytes_of_this_thread(void) { return -1; }

#else

// The program's own definitions come before libc's for everything that is loaded; glibc offers what they stand for
// under these names. aligned_alloc and its kin stay libc's: blocks from either are freed alike.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static _Thread_local int64_t count;
static _Thread_local int64_t bytes;

void *malloc(size_t size) {
  count++;
  bytes += (int64_t)size;
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count++;
  bytes += (int64_t)(number * size);
  return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
  count++;
  bytes += (int64_t)size;
  return __libc_realloc(block, size);
}

int64_t allocations_of_this_thread(void) { return count; }
int64_t allocated_bytes_of_this_thread(void) { return bytes; }

#endif
