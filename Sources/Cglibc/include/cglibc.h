#ifndef STATUSD_CGLIBC_H
#define STATUSD_CGLIBC_H

// What Swift's Glibc module lacks (headers that it leaves out), or what Swift 6 refuses (variables of C that anybody
// may write): one function each. Names: `statusd_` and the name of what is wrapped.

#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// eventfd(2), close-on-exec and non-blocking; -1 with errno.
int statusd_eventfd(void);

// signalfd(2) for `mask`, close-on-exec and non-blocking; -1 with errno.
int statusd_signalfd(const sigset_t *mask);
// The number of the next pending signal of `fd`; 0: none; -1 with errno.
int statusd_signalfd_read(int fd);

// open(2) of a descriptor that can be neither read nor written (O_PATH); -1 with errno.
int statusd_open_placeholder(void);
// The flag by which F_GETFL knows such a one.
extern const int statusd_o_path;

// ppoll(2) without a change of the signal mask; `nanoseconds` below 0: without a limit.
int statusd_poll(struct pollfd *polled, nfds_t count, int64_t nanoseconds);

// pthread_setname_np(3) for the calling thread; longer names are cut to the kernel's 15 bytes.
void statusd_thread_name(const char *name);

// How many threads, `wanted` at most, this process can have beside those that it has: they are started, wait for each
// other, and have ended when this returns. Only a try tells: limits of the user, of the control group and of the machine
// count threads of others, too.
int statusd_try_threads(int wanted);

// getrlimit(2) of RLIMIT_NPROC, threads and processes of the user; -1: there is no limit, or it isn't known.
int64_t statusd_user_threads_limit(void);
// Raises the soft limit RLIMIT_NOFILE to the hard one where it may; the limit that is in force then, -1: none.
int64_t statusd_raise_files_limit(void);

// mallopt(3): at most `arenas` arenas, and what is freed at the heap's top goes back to the kernel from
// `trim_bytes` on.
void statusd_malloc_limits(int arenas, int trim_bytes);
// malloc_trim(3) of everything.
void statusd_malloc_trim(void);
// Unmaps the pages of code and constants, of the program and its libraries, until they are touched again: they come
// from files, and nobody ever wrote to them.
void statusd_forget_read_only_pages(void);

// One call of getopt_long(3) with its globals in sight. `opterr` is 0: nothing is printed.
struct statusd_getopt {
  int result;          // what getopt_long gave
  int next;            // optind
  int option;          // optopt
  int index;           // longindex, -1: a short option
  const char *value;   // optarg
};
// Starts anew at argv[1]; to be called before the first statusd_getopt_long of another argument vector.
void statusd_getopt_reset(void);
struct statusd_getopt statusd_getopt_long(int argc, char *const *argv, const char *shorts,
                                          const struct option *longs);

// Asks for the cache line at `address`, which need not be there, ahead of its use.
static inline void statusd_prefetch(const void *address) { __builtin_prefetch(address, 1); }

#endif
