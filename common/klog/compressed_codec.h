/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_COMPRESSED_CODEC_H
#define OOM_KLOG_COMPRESSED_CODEC_H
/* Inside this room only: what compressed.c needs of a compression library. */
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct klog_codec_state;

struct klog_codec_input {
	const unsigned char *at;
	size_t length;
};

enum { KLOG_CODEC_MORE, KLOG_CODEC_ENDED };

struct klog_codec {
	const char *package; /* what a build needs */
	const char *soname;  /* what is loaded */
	/* 0, -ENOTSUP (built without), -ENOENT, -ELIBACC, -ENOSYS (see library_open()),
	 * -ENOMEM; *reason is told what is wrong with the library. */
	int (*open)(struct klog_codec_state **ret, struct text *reason);
	/*
	 * Decodes from *input, which it moves on, into buffer[0..size).  `last`:
	 * the file has no more than *input.  KLOG_CODEC_MORE, KLOG_CODEC_ENDED
	 * behind the last member, -EBADMSG where it is damaged, -ENOMEM.
	 */
	int (*decode)(struct klog_codec_state *state, struct klog_codec_input *input, bool last, void *buffer,
		      size_t size, size_t *ret_written);
	void (*close)(struct klog_codec_state *state);
};

extern const struct klog_codec klog_gzip_codec;
extern const struct klog_codec klog_xz_codec;
extern const struct klog_codec klog_zstd_codec;

#endif
