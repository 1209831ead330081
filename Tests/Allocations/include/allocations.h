#ifndef STATUSD_ALLOCATIONS_H
#define STATUSD_ALLOCATIONS_H
#include <stdint.h>

// How many times the calling thread has asked malloc, calloc or realloc for memory; -1 where a sanitizer counts its own.
int64_t allocations_of_this_thread(void);

// How many bytes it has asked for; what was given back isn't taken away.
int64_t allocated_bytes_of_this_thread(void);

#endif
