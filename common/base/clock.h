/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_CLOCK_H
#define OOM_BASE_CLOCK_H
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

static inline int64_t clock_timespec_usec(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000000 + time->tv_nsec / 1000;
}

/* The clock's current value in microseconds, or 0 if the kernel does not have this clock. */
static inline int64_t clock_usec(clockid_t clock)
{
	struct timespec now;

	return clock_gettime(clock, &now) < 0 ? 0 : clock_timespec_usec(&now);
}

static inline int64_t clock_later(int64_t a_usec, int64_t b_usec)
{
	return a_usec > b_usec ? a_usec : b_usec;
}

/* Whether two times are at most `bound_usec` apart. Any values are safe: if the difference
 * overflows, they are not. */
static inline bool clock_is_near(int64_t a_usec, int64_t b_usec, int64_t bound_usec)
{
	int64_t gap;

	return !__builtin_sub_overflow(a_usec, b_usec, &gap) && gap <= bound_usec && gap >= -bound_usec;
}

#endif
