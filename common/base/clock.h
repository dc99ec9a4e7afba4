/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_CLOCK_H
#define OOM_BASE_CLOCK_H
#include <stdint.h>
#include <time.h>

/* What a clock reads; 0 of one that this kernel does not have. */
static inline int64_t clock_usec(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) < 0)
		return 0;
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

#endif
