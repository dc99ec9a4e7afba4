/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_CLOCK_H
#define OOM_BASE_CLOCK_H
#include <stdint.h>
#include <time.h>

static inline int64_t clock_timespec_usec(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000000 + time->tv_nsec / 1000;
}

/* What a clock reads; 0 of one that this kernel does not have. */
static inline int64_t clock_usec(clockid_t clock)
{
	struct timespec now;

	return clock_gettime(clock, &now) < 0 ? 0 : clock_timespec_usec(&now);
}

#endif
