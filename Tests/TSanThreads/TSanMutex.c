// A contended `Mutex` of Swift's Synchronization is locked and unlocked inside that library, which isn't built with
// ThreadSanitizer: it would see the data behind the lock and not the lock, and report races that are none. What these two
// functions of the library do is told here before it is done. Without the sanitizer nothing stands here.
#include "TSanThreads.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

void __tsan_acquire(void *address);
void __tsan_release(void *address);

typedef __attribute__((swiftcall)) void (*lock_function)(uint32_t, __attribute__((swift_context)) void *);
typedef __attribute__((swiftcall)) void (*unlock_function)(__attribute__((swift_context)) void *);

__attribute__((swiftcall)) void lock_slow(uint32_t thread, __attribute__((swift_context)) void *handle)
    __asm__(LOCK_SLOW);
__attribute__((swiftcall)) void unlock_slow(__attribute__((swift_context)) void *handle) __asm__(UNLOCK_SLOW);

static void *original(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  // The toolchain's library has no such function: better to say so at once than to report races that are none.
  if (found == NULL) abort();
  return found;
}

__attribute__((swiftcall)) void lock_slow(uint32_t thread, __attribute__((swift_context)) void *handle) {
  ((lock_function)original(LOCK_SLOW))(thread, handle);
  __tsan_acquire(handle);
}

__attribute__((swiftcall)) void unlock_slow(__attribute__((swift_context)) void *handle) {
  __tsan_release(handle);
  ((unlock_function)original(UNLOCK_SLOW))(handle);
}

#endif
#endif
