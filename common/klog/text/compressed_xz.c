/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/library.h"
#include "klog/text/compressed_codec.h"

#ifdef HAVE_LZMA
#include <lzma.h>

/* Files of xz -9 need 65 MiB to decompress. No log needs more than this. */
#define MEMORY_LIMIT (UINT64_C(80) << 20)

struct liblzma {
	__typeof__(lzma_stream_decoder) *decoder;
	__typeof__(lzma_code) *code;
	__typeof__(lzma_end) *end;
};

static const struct library_symbol symbols[] = {
	LIBRARY_SYMBOL(struct liblzma, decoder, "lzma_stream_decoder"),
	LIBRARY_SYMBOL(struct liblzma, code, "lzma_code"),
	LIBRARY_SYMBOL(struct liblzma, end, "lzma_end"),
};

struct klog_codec_state {
	void *library;
	struct liblzma lzma;
	lzma_stream stream;
};

static int xz_open(struct klog_codec_state **ret, struct text *reason)
{
	struct klog_codec_state *state = calloc(1, sizeof(*state));
	int r;

	if (state == NULL)
		return -ENOMEM;
	r = library_open(&state->library, klog_xz_codec.soname, symbols, ARRAY_SIZE(symbols), &state->lzma,
			 reason);
	if (r == 0 && state->lzma.decoder(&state->stream, MEMORY_LIMIT, LZMA_CONCATENATED) != LZMA_OK) {
		library_close(state->library);
		r = -ENOMEM;
	}
	if (r < 0) {
		free(state);
		return r;
	}
	*ret = state;
	return 0;
}

static int xz_decode(struct klog_codec_state *state, struct klog_codec_input *input, bool last, void *buffer,
		     size_t size, size_t *ret_written)
{
	lzma_stream *stream = &state->stream;
	lzma_ret r;

	stream->next_in = input->at;
	stream->avail_in = input->length;
	stream->next_out = buffer;
	stream->avail_out = size;
	r = state->lzma.code(stream, last ? LZMA_FINISH : LZMA_RUN);
	input->at = stream->next_in;
	input->length = stream->avail_in;
	*ret_written = size - stream->avail_out;
	if (r == LZMA_STREAM_END)
		return KLOG_CODEC_ENDED;
	if (r == LZMA_MEM_ERROR || r == LZMA_MEMLIMIT_ERROR)
		return -ENOMEM;
	return r == LZMA_OK || r == LZMA_BUF_ERROR ? KLOG_CODEC_MORE : -EBADMSG;
}

static void xz_close(struct klog_codec_state *state)
{
	state->lzma.end(&state->stream);
	library_close(state->library);
	free(state);
}
#else
#define xz_decode NULL
#define xz_close  NULL

static int xz_open(struct klog_codec_state **ret, struct text *reason)
{
	(void)ret;
	(void)reason;
	return -ENOTSUP;
}
#endif

const struct klog_codec klog_xz_codec = {
	.package = "liblzma",
	.soname = "liblzma.so.5",
	.open = xz_open,
	.decode = xz_decode,
	.close = xz_close,
};
