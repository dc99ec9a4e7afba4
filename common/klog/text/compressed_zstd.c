/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/library.h"
#include "klog/text/compressed_codec.h"

#ifdef HAVE_ZSTD
#include <zstd.h>

/* By default, the library refuses a window of more than 128 MiB (zstd --long=28). */
struct libzstd {
	__typeof__(ZSTD_createDStream) *create;
	__typeof__(ZSTD_decompressStream) *decompress;
	__typeof__(ZSTD_freeDStream) *free;
	__typeof__(ZSTD_isError) *is_error;
};

static const struct library_symbol symbols[] = {
	LIBRARY_SYMBOL(struct libzstd, create, "ZSTD_createDStream"),
	LIBRARY_SYMBOL(struct libzstd, decompress, "ZSTD_decompressStream"),
	LIBRARY_SYMBOL(struct libzstd, free, "ZSTD_freeDStream"),
	LIBRARY_SYMBOL(struct libzstd, is_error, "ZSTD_isError"),
};

struct klog_codec_state {
	void *library;
	struct libzstd zstd;
	ZSTD_DStream *stream;
	bool frame_ended;
};

static int zstd_open(struct klog_codec_state **ret, struct text *reason)
{
	struct klog_codec_state *state = calloc(1, sizeof(*state));
	int r;

	if (state == NULL)
		return -ENOMEM;
	r = library_open(&state->library, klog_zstd_codec.soname, symbols, ARRAY_SIZE(symbols), &state->zstd,
			 reason);
	if (r == 0) {
		state->stream = state->zstd.create();
		if (state->stream == NULL) {
			library_close(state->library);
			r = -ENOMEM;
		}
	}
	if (r < 0) {
		free(state);
		return r;
	}
	*ret = state;
	return 0;
}

static int zstd_decode(struct klog_codec_state *state, struct klog_codec_input *input, bool last,
		       void *buffer, size_t size, size_t *ret_written)
{
	ZSTD_inBuffer in = { input->at, input->length, 0 };
	ZSTD_outBuffer out = { buffer, size, 0 };
	size_t r;

	if (input->length == 0 && last && state->frame_ended)
		return KLOG_CODEC_ENDED;
	r = state->zstd.decompress(state->stream, &out, &in);
	input->at += in.pos;
	input->length -= in.pos;
	*ret_written = out.pos;
	if (state->zstd.is_error(r))
		return -EBADMSG;
	/* 0: a frame is complete; another may follow. */
	if (in.pos > 0 || out.pos > 0 || r == 0)
		state->frame_ended = r == 0;
	return KLOG_CODEC_MORE;
}

static void zstd_close(struct klog_codec_state *state)
{
	state->zstd.free(state->stream);
	library_close(state->library);
	free(state);
}
#else
#define zstd_decode NULL
#define zstd_close  NULL

static int zstd_open(struct klog_codec_state **ret, struct text *reason)
{
	(void)ret;
	(void)reason;
	return -ENOTSUP;
}
#endif

const struct klog_codec klog_zstd_codec = {
	.package = "libzstd",
	.soname = "libzstd.so.1",
	.open = zstd_open,
	.decode = zstd_decode,
	.close = zstd_close,
};
