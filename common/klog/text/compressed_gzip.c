/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>

#include "base/array.h"
#include "klog/text/compressed_codec.h"

#ifdef HAVE_ZLIB
#define ZLIB_CONST
#include <zlib.h>

struct gzip {
	__typeof__(inflateInit2_) *init;
	__typeof__(inflateReset) *reset;
	__typeof__(inflate) *inflate;
	__typeof__(inflateEnd) *end;
	z_stream stream;
	bool member_ended;
};

static const struct library_symbol symbols[] = {
	LIBRARY_SYMBOL(struct gzip, init, "inflateInit2_"),
	LIBRARY_SYMBOL(struct gzip, reset, "inflateReset"),
	LIBRARY_SYMBOL(struct gzip, inflate, "inflate"),
	LIBRARY_SYMBOL(struct gzip, end, "inflateEnd"),
};

static bool gzip_init(void *state)
{
	struct gzip *gzip = state;

	return gzip->init(&gzip->stream, 15 + 16 /* gzip's header */, ZLIB_VERSION,
			  (int)sizeof(gzip->stream)) == Z_OK;
}

static int gzip_decode(void *state, struct klog_codec_input *input, bool last, void *buffer, size_t size,
		       size_t *ret_written)
{
	struct gzip *gzip = state;
	z_stream *stream = &gzip->stream;
	int r;

	if (gzip->member_ended) {
		/* A file may have several members, whose texts follow one another. Anything else
		 * after a member is padding, which gzip(1) ignores as well. */
		if (input->length == 0 && !last)
			return KLOG_CODEC_MORE;
		if (input->length == 0 || input->at[0] != 0x1F)
			return KLOG_CODEC_ENDED;
		gzip->reset(stream);
		gzip->member_ended = false;
	}
	stream->next_in = input->at;
	stream->avail_in = (uInt)input->length;
	stream->next_out = buffer;
	stream->avail_out = (uInt)size;
	r = gzip->inflate(stream, Z_NO_FLUSH);
	input->at = stream->next_in;
	input->length = stream->avail_in;
	*ret_written = size - stream->avail_out;
	gzip->member_ended = r == Z_STREAM_END;
	if (r == Z_MEM_ERROR)
		return -ENOMEM;
	return r == Z_OK || r == Z_STREAM_END || r == Z_BUF_ERROR ? KLOG_CODEC_MORE : -EBADMSG;
}

static void gzip_end(void *state)
{
	struct gzip *gzip = state;

	gzip->end(&gzip->stream);
}
#endif

const struct klog_codec klog_gzip_codec = {
	.package = "zlib",
#ifdef HAVE_ZLIB
	.soname = "libz.so.1",
	.symbols = symbols,
	.symbol_count = ARRAY_SIZE(symbols),
	.state_size = sizeof(struct gzip),
	.init = gzip_init,
	.decode = gzip_decode,
	.end = gzip_end,
#endif
};
