/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdint.h>

#include "base/array.h"
#include "klog/text/compressed_codec.h"

#ifdef HAVE_LZMA
#include <lzma.h>

/* Files of xz -9 need 65 MiB to decompress. No log needs more than this. */
#define MEMORY_LIMIT (UINT64_C(80) << 20)

struct xz {
	__typeof__(lzma_stream_decoder) *decoder;
	__typeof__(lzma_code) *code;
	__typeof__(lzma_end) *end;
	lzma_stream stream;
};

static const struct library_symbol symbols[] = {
	LIBRARY_SYMBOL(struct xz, decoder, "lzma_stream_decoder"),
	LIBRARY_SYMBOL(struct xz, code, "lzma_code"),
	LIBRARY_SYMBOL(struct xz, end, "lzma_end"),
};

static bool xz_init(void *state)
{
	struct xz *xz = state;

	return xz->decoder(&xz->stream, MEMORY_LIMIT, LZMA_CONCATENATED) == LZMA_OK;
}

static int xz_decode(void *state, struct klog_codec_input *input, bool last, void *buffer, size_t size,
		     size_t *ret_written)
{
	struct xz *xz = state;
	lzma_stream *stream = &xz->stream;
	lzma_ret r;

	stream->next_in = input->at;
	stream->avail_in = input->length;
	stream->next_out = buffer;
	stream->avail_out = size;
	r = xz->code(stream, last ? LZMA_FINISH : LZMA_RUN);
	input->at = stream->next_in;
	input->length = stream->avail_in;
	*ret_written = size - stream->avail_out;
	if (r == LZMA_STREAM_END)
		return KLOG_CODEC_ENDED;
	if (r == LZMA_MEM_ERROR || r == LZMA_MEMLIMIT_ERROR)
		return -ENOMEM;
	return r == LZMA_OK || r == LZMA_BUF_ERROR ? KLOG_CODEC_MORE : -EBADMSG;
}

static void xz_end(void *state)
{
	struct xz *xz = state;

	xz->end(&xz->stream);
}
#endif

const struct klog_codec klog_xz_codec = {
	.package = "liblzma",
#ifdef HAVE_LZMA
	.soname = "liblzma.so.5",
	.symbols = symbols,
	.symbol_count = ARRAY_SIZE(symbols),
	.state_size = sizeof(struct xz),
	.init = xz_init,
	.decode = xz_decode,
	.end = xz_end,
#endif
};
