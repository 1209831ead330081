#ifndef STATUSD_CGLIBC_H
#define STATUSD_CGLIBC_H

// Wrappers for what Swift's Glibc module lacks (headers that it leaves out) or Swift 6 refuses (global mutable
// variables). Each is named `statusd_` and the wrapped name.

#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// eventfd(2), close-on-exec and non-blocking; -1 with errno on error.
int statusd_eventfd(void);

// signalfd(2) for `mask`, close-on-exec and non-blocking; -1 with errno on error.
int statusd_signalfd(const sigset_t *mask);
// The number of the next pending signal of `fd`; 0 if there is none; -1 with errno on error.
int statusd_signalfd_read(int fd);

// open(2) of a descriptor that can be neither read nor written (O_PATH); -1 with errno on error.
int statusd_open_placeholder(void);
// The flag that F_GETFL reports for such a descriptor.
extern const int statusd_o_path;

// ppoll(2) without a change of the signal mask; no time limit if `nanoseconds` is negative.
int statusd_poll(struct pollfd *polled, nfds_t count, int64_t nanoseconds);

// pidfd_open(2): a descriptor, close-on-exec, that is readable once the child `pid` has ended; -1 with errno on error.
int statusd_pidfd(pid_t pid);

// pipe2(2), both ends close-on-exec; -1 with errno on error.
int statusd_pipe(int *read_end, int *write_end);

// Lets a spawned program keep no descriptor above standard error, and start in `/`. Add it after all other actions.
// Returns an error number, 0 if there is none.
int statusd_spawn_isolated(posix_spawn_file_actions_t *actions);

// pthread_setname_np(3) for the calling thread; longer names are cut to the kernel's 15 bytes.
void statusd_thread_name(const char *name);

// The number of threads, up to `wanted`, that this process can start in addition to its current ones. They are started,
// wait for each other, and have ended on return. Only a try can tell: the limits of the user, the control group and the
// machine count threads of other processes, too.
int statusd_try_threads(int wanted);

// getrlimit(2) of RLIMIT_NPROC, threads and processes of the user; -1 if there is no limit, or it is unknown.
int64_t statusd_user_threads_limit(void);
// Raises the soft limit RLIMIT_NOFILE to the hard one if possible. Returns the limit in force; -1 if there is none.
int64_t statusd_raise_files_limit(void);

// mallopt(3): at most `arenas` arenas; free memory at the top of the heap returns to the kernel from `trim_bytes` on.
void statusd_malloc_limits(int arenas, int trim_bytes);
// malloc_trim(3) of all free memory.
void statusd_malloc_trim(void);
// Drops the resident pages of code and constants of the program and its libraries (madvise(2), MADV_DONTNEED). They are
// read again from their files when touched; nobody has written to them.
void statusd_forget_read_only_pages(void);

// The result of one getopt_long(3) call with its globals. `opterr` is 0: it prints nothing.
struct statusd_getopt {
  int result;          // the return value
  int next;            // optind
  int option;          // optopt
  int index;           // longindex; -1 for a short option
  const char *value;   // optarg
};
// Restarts at argv[1]. Call it before the first statusd_getopt_long of another argument vector.
void statusd_getopt_reset(void);
struct statusd_getopt statusd_getopt_long(int argc, char *const *argv, const char *shorts,
                                          const struct option *longs);

// Prefetches the cache line at `address` for writing. The address need not be mapped.
static inline void statusd_prefetch(const void *address) { __builtin_prefetch(address, 1); }

#endif
