#ifndef STATUSD_TSAN_THREADS_H
#define STATUSD_TSAN_THREADS_H

// Nothing to call: linked into a test bundle, it takes the place of glibc's C11 threads.

#endif
