/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_VALUE_H
#define OOM_HOST_VALUE_H
/*
 * Special values of the numbers in host/. A line that the kernel does not write is absent, not 0.
 *
 * The readers in host/ do not judge what they read. They take a `struct text *error`, which is NULL
 * or empty. On failure it gets one clause with the file and the reason, "/proc/meminfo: No such
 * file or directory".
 */
#include <stdbool.h>
#include <stdint.h>

#define HOST_ABSENT    UINT64_MAX       /* the file or the line is not there */
#define HOST_UNLIMITED (UINT64_MAX - 1) /* no limit is set */

/*
 * The largest valid number: in kB, 8 EiB. Larger ones are -ERANGE, so that a sum of a thousand
 * numbers cannot overflow.
 */
#define HOST_VALUE_MAX (UINT64_C(1) << 53)

static inline bool host_known(uint64_t value)
{
	return value < HOST_UNLIMITED;
}

/* For sums: an absent value adds nothing. */
static inline uint64_t host_or_zero(uint64_t value)
{
	return host_known(value) ? value : 0;
}

/* a - b, or 0 if b is larger: the kernel's counters are not read at the same moment. */
static inline uint64_t host_subtract(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

#endif
