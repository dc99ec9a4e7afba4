/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_RETRY_H
#define OOM_BASE_RETRY_H
/*
 * Retries a failed read once: a shortage of memory or descriptors may have passed.
 *
 *     struct retry retry = RETRY_ONCE;
 *
 *     do {
 *             r = read_it();
 *     } while (retry_again(&retry, r));
 */
#include <errno.h>
#include <stdbool.h>
#include <sys/types.h>

struct retry {
	unsigned left;
};

#define RETRY_ONCE \
	{          \
		1  \
	}

/* `result` is a negative errno on failure. -ENOENT is not retried because a missing file does not
 * appear by itself, and -EBUSY because the caller has already waited for the other run's lock. */
static inline bool retry_again(struct retry *retry, ssize_t result)
{
	return result < 0 && result != -ENOENT && result != -EBUSY && retry->left-- > 0;
}

#endif
