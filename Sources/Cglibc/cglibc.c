#define _GNU_SOURCE
#include "cglibc.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

int statusd_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int statusd_signalfd(const sigset_t *mask) { return signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK); }

int statusd_signalfd_read(int fd) {
  struct signalfd_siginfo info;
  ssize_t count;
  do
    count = read(fd, &info, sizeof info);
  while (count < 0 && errno == EINTR);
  if (count == (ssize_t)sizeof info) return (int)info.ssi_signo;
  return count < 0 && errno != EAGAIN ? -1 : 0;
}

int statusd_open_placeholder(void) { return open("/", O_PATH); }

const int statusd_o_path = O_PATH;

int statusd_poll(struct pollfd *polled, nfds_t count, int64_t nanoseconds) {
  struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  return ppoll(polled, count, nanoseconds < 0 ? NULL : &limit, NULL);
}

int statusd_pidfd(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int statusd_pipe(int *read_end, int *write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  *read_end = ends[0];
  *write_end = ends[1];
  return 0;
}

int statusd_spawn_isolated(posix_spawn_file_actions_t *actions) {
  int failed = posix_spawn_file_actions_addchdir_np(actions, "/");
  return failed ? failed : posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}

static void *wait_for_gate(void *gate) {
  pthread_mutex_lock(gate);
  pthread_mutex_unlock(gate);
  return NULL;
}

int statusd_try_threads(int wanted) {
  pthread_t *threads = wanted > 0 ? calloc((size_t)wanted, sizeof *threads) : NULL;
  if (!threads) return 0;
  pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&gate);
  // Small stacks: the C library caches some, and the kernel may back large ones with huge pages.
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 * 1024);
  int count = 0;
  while (count < wanted && pthread_create(&threads[count], &attributes, wait_for_gate, &gate) == 0) count += 1;
  pthread_mutex_unlock(&gate);
  pthread_attr_destroy(&attributes);
  for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
  pthread_mutex_destroy(&gate);
  free(threads);
  return count;
}

int64_t statusd_user_threads_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NPROC, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return -1;
  return (int64_t)limit.rlim_cur;
}

int64_t statusd_raise_files_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
  if (limit.rlim_cur != limit.rlim_max) {
    struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur == RLIM_INFINITY ? -1 : (int64_t)limit.rlim_cur;
}

void statusd_thread_name(const char *name) {
  char cut[16];
  strncpy(cut, name, sizeof cut - 1);
  cut[sizeof cut - 1] = 0;
  pthread_setname_np(pthread_self(), cut);
}

void statusd_malloc_limits(int arenas, int trim_bytes) {
  mallopt(M_ARENA_MAX, arenas);
  mallopt(M_TRIM_THRESHOLD, trim_bytes);
}

void statusd_malloc_trim(void) { malloc_trim(0); }

static int forget_read_only(struct dl_phdr_info *object, size_t size, void *data) {
  (void)size;
  (void)data;
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
    uintptr_t start = (object->dlpi_addr + segment->p_vaddr + page - 1) & ~(page - 1);
    uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_memsz) & ~(page - 1);
    if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 0;
}

void statusd_forget_read_only_pages(void) { dl_iterate_phdr(forget_read_only, NULL); }

void statusd_getopt_reset(void) {
  optind = 0;  // not 1: only 0 makes glibc forget its place inside a cluster of short options
  opterr = 0;
}

struct statusd_getopt statusd_getopt_long(int argc, char *const *argv, const char *shorts,
                                          const struct option *longs) {
  struct statusd_getopt call = {.index = -1};
  optarg = NULL;
  optopt = 0;
  call.result = getopt_long(argc, argv, shorts, longs, &call.index);
  call.next = optind;
  call.option = optopt;
  call.value = optarg;
  return call;
}
