// Replaces cnd_timedwait(3) by one that waits a millisecond longer than asked.
//
// librdkafka before 2.4 rounds its waits down to whole milliseconds. The main thread of each client wakes just before
// its timers, at least once a second and more often while brokers are unreachable, and spins until they are due
// (https://github.com/confluentinc/librdkafka/issues/4684). That is most of the CPU time of an idle client. A
// definition in the program takes precedence over the C library's; librdkafka is its only caller. Waiting longer is
// always allowed, and a signalled thread still wakes at once.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <threads.h>
#include <time.h>

typedef int timed_wait(cnd_t *restrict, mtx_t *restrict, const struct timespec *restrict);

// Weak, because a helper for a sanitizer may define its own.
__attribute__((weak, visibility("default"))) int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex,
                                                               const struct timespec *restrict until) {
  static _Atomic(timed_wait *) known;
  timed_wait *wait = atomic_load_explicit(&known, memory_order_relaxed);
  if (!wait) {
    wait = (timed_wait *)dlsym(RTLD_NEXT, "cnd_timedwait");
    if (!wait) return thrd_error;
    atomic_store_explicit(&known, wait, memory_order_relaxed);
  }
  struct timespec later = *until;
  later.tv_nsec += 1000000;
  if (later.tv_nsec >= 1000000000) {
    later.tv_nsec -= 1000000000;
    later.tv_sec += 1;
  }
  return wait(condition, mutex, &later);
}
