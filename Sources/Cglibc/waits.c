// cnd_timedwait(3), which ends up to a millisecond later than it was asked to.
//
// librdkafka before 2.4 rounds its waits down to whole milliseconds: the main thread of each client wakes just before its
// timers, of which there is one a second at least and more while brokers are away, and spins until they are due
// (https://github.com/confluentinc/librdkafka/issues/4684). That is most of the CPU that an idle client costs. The
// program's own definition goes before the C library's, for whoever calls it: librdkafka alone does. To wait longer than
// asked is what any wait may do; who is signalled wakes at once as before.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <threads.h>
#include <time.h>

typedef int timed_wait(cnd_t *restrict, mtx_t *restrict, const struct timespec *restrict);

// Weak: a sanitizer's helper may have its own.
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
