/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_COMPRESSED_CODEC_H
#define OOM_KLOG_COMPRESSED_CODEC_H
/* The interface to a compression library; private to this directory. */
#include <stdbool.h>
#include <stddef.h>

#include "base/library.h"

struct klog_codec_input {
	const unsigned char *at;
	size_t length;
};

enum { KLOG_CODEC_MORE, KLOG_CODEC_ENDED };

/* The functions' `state` has state_size bytes, zeroed before init(). It begins with the pointers
 * that the symbols describe. */
struct klog_codec {
	const char *package; /* needed to build; the only member that is set in a build without it */
	const char *soname;  /* loaded at run time */
	const struct library_symbol *symbols;
	size_t symbol_count;
	size_t state_size;
	bool (*init)(void *state); /* false: out of memory */
	/*
	 * Decodes from *input, which it advances, into buffer[0..size). `last`: nothing follows
	 * *input. Returns KLOG_CODEC_MORE, KLOG_CODEC_ENDED after the last member, -EBADMSG if the
	 * data is damaged, or -ENOMEM.
	 */
	int (*decode)(void *state, struct klog_codec_input *input, bool last, void *buffer, size_t size,
		      size_t *ret_written);
	void (*end)(void *state);
};

extern const struct klog_codec klog_gzip_codec;
extern const struct klog_codec klog_xz_codec;
extern const struct klog_codec klog_zstd_codec;

#endif
