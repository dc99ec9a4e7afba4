/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>

#include "base/array.h"
#include "klog/text/compressed_codec.h"

#ifdef HAVE_ZSTD
#include <zstd.h>

/* By default, the library refuses a window of more than 128 MiB (zstd --long=28). */
struct zstd {
	__typeof__(ZSTD_createDStream) *create;
	__typeof__(ZSTD_decompressStream) *decompress;
	__typeof__(ZSTD_freeDStream) *free;
	__typeof__(ZSTD_isError) *is_error;
	ZSTD_DStream *stream;
	bool frame_ended;
};

static const struct library_symbol symbols[] = {
	LIBRARY_SYMBOL(struct zstd, create, "ZSTD_createDStream"),
	LIBRARY_SYMBOL(struct zstd, decompress, "ZSTD_decompressStream"),
	LIBRARY_SYMBOL(struct zstd, free, "ZSTD_freeDStream"),
	LIBRARY_SYMBOL(struct zstd, is_error, "ZSTD_isError"),
};

static bool zstd_init(void *state)
{
	struct zstd *zstd = state;

	zstd->stream = zstd->create();
	return zstd->stream != NULL;
}

static int zstd_decode(void *state, struct klog_codec_input *input, bool last, void *buffer, size_t size,
		       size_t *ret_written)
{
	struct zstd *zstd = state;
	ZSTD_inBuffer in = { input->at, input->length, 0 };
	ZSTD_outBuffer out = { buffer, size, 0 };
	size_t r;

	if (input->length == 0 && last && zstd->frame_ended)
		return KLOG_CODEC_ENDED;
	r = zstd->decompress(zstd->stream, &out, &in);
	input->at += in.pos;
	input->length -= in.pos;
	*ret_written = out.pos;
	if (zstd->is_error(r))
		return -EBADMSG;
	/* 0: a frame is complete; another may follow. */
	if (in.pos > 0 || out.pos > 0 || r == 0)
		zstd->frame_ended = r == 0;
	return KLOG_CODEC_MORE;
}

static void zstd_end(void *state)
{
	struct zstd *zstd = state;

	zstd->free(zstd->stream);
}
#endif

const struct klog_codec klog_zstd_codec = {
	.package = "libzstd",
#ifdef HAVE_ZSTD
	.soname = "libzstd.so.1",
	.symbols = symbols,
	.symbol_count = ARRAY_SIZE(symbols),
	.state_size = sizeof(struct zstd),
	.init = zstd_init,
	.decode = zstd_decode,
	.end = zstd_end,
#endif
};
