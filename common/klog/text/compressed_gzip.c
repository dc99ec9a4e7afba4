/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/library.h"
#include "klog/text/compressed_codec.h"

#ifdef HAVE_ZLIB
#define ZLIB_CONST
#include <zlib.h>

struct zlib {
	__typeof__(inflateInit2_) *init;
	__typeof__(inflateReset) *reset;
	__typeof__(inflate) *inflate;
	__typeof__(inflateEnd) *end;
};

static const struct library_symbol symbols[] = {
	LIBRARY_SYMBOL(struct zlib, init, "inflateInit2_"),
	LIBRARY_SYMBOL(struct zlib, reset, "inflateReset"),
	LIBRARY_SYMBOL(struct zlib, inflate, "inflate"),
	LIBRARY_SYMBOL(struct zlib, end, "inflateEnd"),
};

struct klog_codec_state {
	void *library;
	struct zlib zlib;
	z_stream stream;
	bool member_ended;
};

static int gzip_open(struct klog_codec_state **ret, struct text *reason)
{
	struct klog_codec_state *state = calloc(1, sizeof(*state));
	int r;

	if (state == NULL)
		return -ENOMEM;
	r = library_open(&state->library, klog_gzip_codec.soname, symbols, ARRAY_SIZE(symbols), &state->zlib,
			 reason);
	if (r == 0 && state->zlib.init(&state->stream, 15 + 16 /* gzip's header */, ZLIB_VERSION,
				       (int)sizeof(state->stream)) != Z_OK) {
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

static int gzip_decode(struct klog_codec_state *state, struct klog_codec_input *input, bool last,
		       void *buffer, size_t size, size_t *ret_written)
{
	z_stream *stream = &state->stream;
	int r;

	if (state->member_ended) {
		/* A file may have several members, whose texts follow one another. Anything else
		 * after a member is padding, which gzip(1) ignores as well. */
		if (input->length == 0 && !last)
			return KLOG_CODEC_MORE;
		if (input->length == 0 || input->at[0] != 0x1F)
			return KLOG_CODEC_ENDED;
		state->zlib.reset(stream);
		state->member_ended = false;
	}
	stream->next_in = input->at;
	stream->avail_in = (uInt)input->length;
	stream->next_out = buffer;
	stream->avail_out = (uInt)size;
	r = state->zlib.inflate(stream, Z_NO_FLUSH);
	input->at = stream->next_in;
	input->length = stream->avail_in;
	*ret_written = size - stream->avail_out;
	state->member_ended = r == Z_STREAM_END;
	if (r == Z_MEM_ERROR)
		return -ENOMEM;
	return r == Z_OK || r == Z_STREAM_END || r == Z_BUF_ERROR ? KLOG_CODEC_MORE : -EBADMSG;
}

static void gzip_close(struct klog_codec_state *state)
{
	state->zlib.end(&state->stream);
	library_close(state->library);
	free(state);
}
#else
#define gzip_decode NULL
#define gzip_close  NULL

static int gzip_open(struct klog_codec_state **ret, struct text *reason)
{
	(void)ret;
	(void)reason;
	return -ENOTSUP;
}
#endif

const struct klog_codec klog_gzip_codec = {
	.package = "zlib",
	.soname = "libz.so.1",
	.open = gzip_open,
	.decode = gzip_decode,
	.close = gzip_close,
};
