/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_RETRY_H
#define OOM_BASE_RETRY_H
/*
 * Reads once more what failed: a moment later there may be memory or descriptors again.
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

/* `result` is a negative errno where it failed.  What is not there will not come
 * (-ENOENT), and another run's lock has been waited for (-EBUSY). */
static inline bool retry_again(struct retry *retry, ssize_t result)
{
	return result < 0 && result != -ENOENT && result != -EBUSY && retry->left-- > 0;
}

#endif
