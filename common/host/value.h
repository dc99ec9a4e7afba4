/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_VALUE_H
#define OOM_HOST_VALUE_H
/*
 * What a number of this room may be besides a number.  A kernel without a
 * line is not a kernel that says 0 there.
 *
 * The room reads the system and judges nothing.  Its readers take a
 * `struct text *error`, NULL or empty: on failure it gets one clause that names
 * the file and the reason, "/proc/meminfo: No such file or directory".
 */
#include <stdbool.h>
#include <stdint.h>

#define HOST_ABSENT    UINT64_MAX       /* the file or the line is not there */
#define HOST_UNLIMITED (UINT64_MAX - 1) /* a limit that is none */

/* The largest number that is believed: in kB an exbibyte.  What is above is
 * -ERANGE, so that a sum of a thousand of them cannot overflow. */
#define HOST_VALUE_MAX (UINT64_C(1) << 53)

static inline bool host_known(uint64_t value)
{
	return value < HOST_UNLIMITED;
}

/* For sums: what is absent adds nothing. */
static inline uint64_t host_or_zero(uint64_t value)
{
	return host_known(value) ? value : 0;
}

/* a - b, not below 0: the kernel's counters are read one after the other. */
static inline uint64_t host_subtract(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

#endif
