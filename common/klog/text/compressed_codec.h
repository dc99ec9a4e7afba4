/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_COMPRESSED_CODEC_H
#define OOM_KLOG_COMPRESSED_CODEC_H
/* The interface to a compression library; private to this directory. */
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
	const char *package; /* needed to build */
	const char *soname;  /* loaded at run time */
	/* 0, -ENOTSUP (built without), -ENOENT, -ELIBACC, -ENOSYS (see library_open()), or -ENOMEM;
	 * *reason says what is wrong with the library. */
	int (*open)(struct klog_codec_state **ret, struct text *reason);
	/*
	 * Decodes from *input, which it advances, into buffer[0..size). `last`: nothing follows
	 * *input. Returns KLOG_CODEC_MORE, KLOG_CODEC_ENDED after the last member, -EBADMSG if the
	 * data is damaged, or -ENOMEM.
	 */
	int (*decode)(struct klog_codec_state *state, struct klog_codec_input *input, bool last, void *buffer,
		      size_t size, size_t *ret_written);
	void (*close)(struct klog_codec_state *state);
};

extern const struct klog_codec klog_gzip_codec;
extern const struct klog_codec klog_xz_codec;
extern const struct klog_codec klog_zstd_codec;

#endif
