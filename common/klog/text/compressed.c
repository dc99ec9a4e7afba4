/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "klog/text/compressed.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/library.h"
#include "klog/source.h"
#include "klog/text/compressed_codec.h"
#include "klog/text/file_lines.h"

#define INPUT_SIZE (64 * 1024)

struct klog_compressed {
	const struct klog_codec *codec;
	void *library;
	void *state; /* of the codec */
	bool started;
	struct klog_range file;
	bool input_ended;
	int failed; /* kept, since not all of the libraries report an error twice */
	struct klog_codec_input input;
	unsigned char buffer[INPUT_SIZE];
};

static const struct kind {
	const char *name;
	const char *magic;
	size_t magic_length;
	const struct klog_codec *codec; /* NULL: recognised, but not supported */
} kinds[] = {
	[KLOG_GZIP] = { "gzip", "\x1F\x8B", 2, &klog_gzip_codec },
	[KLOG_XZ] = { "xz",
		      "\xFD"
		      "7zXZ",
		      6, &klog_xz_codec },
	[KLOG_ZSTD] = { "zstd", "\x28\xB5\x2F\xFD", 4, &klog_zstd_codec },
	[KLOG_BZIP2] = { "bzip2", "BZh", 3, NULL },
	[KLOG_LZ4] = { "lz4", "\x04\x22\x4D\x18", 4, NULL },
};

int klog_compression_of(int fd, enum klog_compression *ret)
{
	struct klog_range file = { .fd = fd, .end = 6 };
	char start[6];
	ssize_t got = klog_range_read(&file, start, sizeof(start));

	if (got < 0)
		return (int)got;
	*ret = KLOG_PLAIN;
	for (size_t i = KLOG_GZIP; i < ARRAY_SIZE(kinds); i++) {
		if ((size_t)got >= kinds[i].magic_length &&
		    memcmp(start, kinds[i].magic, kinds[i].magic_length) == 0)
			*ret = (enum klog_compression)i;
	}
	return 0;
}

static int fail_library(struct klog_failure *failure, int error, const char *name,
			const struct klog_codec *codec, const char *reason)
{
	if (error == -ENOMEM)
		return klog_fail(failure, error, "", "%s: out of memory", name);
	if (error == -ENOTSUP)
		return klog_fail(failure, error, "decompress it, or use a journal",
				 "%s: this program was built without %s", name, codec->package);
	return klog_fail(failure, error,
			 error == -ELIBACC ? "make the library loadable, or decompress the file"
					   : "install it, or decompress the file",
			 "%s: %s", name, reason);
}

/* Loads the codec's library and starts decoding. Returns 0, -ENOTSUP (built without it), the errors
 * of library_open() with *reason, or -ENOMEM. */
static int start(struct klog_compressed *compressed, struct text *reason)
{
	const struct klog_codec *codec = compressed->codec;
	int r;

	if (codec->init == NULL)
		return -ENOTSUP;
	compressed->state = calloc(1, codec->state_size);
	if (compressed->state == NULL)
		return -ENOMEM;
	r = library_open(&compressed->library, codec->soname, codec->symbols, codec->symbol_count,
			 compressed->state, reason);
	if (r < 0)
		return r;
	compressed->started = codec->init(compressed->state);
	return compressed->started ? 0 : -ENOMEM;
}

int klog_compressed_open(struct klog_compressed **ret, int fd, enum klog_compression compression,
			 const char *name, struct klog_failure *failure)
{
	const struct kind *kind = &kinds[compression];
	TEXT_ON_STACK(reason, 256);
	struct klog_compressed *compressed;
	int r;

	if (kind->codec == NULL)
		return klog_fail(failure, -ENOTSUP, "compress logs with gzip, xz or zstd",
				 "%s: compressed with %s, which is not supported", name, kind->name);
	compressed = calloc(1, sizeof(*compressed));
	if (compressed == NULL)
		return fail_library(failure, -ENOMEM, name, kind->codec, "");
	compressed->codec = kind->codec;
	compressed->file = (struct klog_range){ .fd = fd, .end = INT64_MAX };
	r = start(compressed, &reason);
	if (r < 0) {
		klog_compressed_close(compressed);
		return fail_library(failure, r, name, kind->codec, reason.data);
	}
	*ret = compressed;
	return 0;
}

static int refill(struct klog_compressed *compressed)
{
	ssize_t got = klog_range_read(&compressed->file, compressed->buffer, sizeof(compressed->buffer));

	if (got < 0)
		return (int)got;
	compressed->input = (struct klog_codec_input){ compressed->buffer, (size_t)got };
	compressed->input_ended = got == 0;
	return 0;
}

/* Decodes one step; *ret_written is the number of bytes written. Returns as klog_codec.decode(). */
static int decode(struct klog_compressed *compressed, void *buffer, size_t size, size_t *ret_written)
{
	size_t offered;
	int r;

	if (compressed->input.length == 0 && !compressed->input_ended) {
		r = refill(compressed);
		if (r < 0)
			return r;
	}
	offered = compressed->input.length;
	r = compressed->codec->decode(compressed->state, &compressed->input, compressed->input_ended, buffer,
				      size, ret_written);
	if (r == KLOG_CODEC_MORE && *ret_written == 0 && compressed->input.length == offered &&
	    (offered > 0 || compressed->input_ended))
		return -EBADMSG; /* cut off */
	return r;
}

ssize_t klog_compressed_read(void *stream, void *buffer, size_t size)
{
	struct klog_compressed *compressed = stream;
	size_t written = 0;
	int r = compressed->failed;

	while (r == KLOG_CODEC_MORE && written == 0)
		r = decode(compressed, buffer, size, &written);
	if (r < 0)
		compressed->failed = r;
	return r < 0 && written == 0 ? r : (ssize_t)written;
}

void klog_compressed_close(struct klog_compressed *compressed)
{
	if (compressed == NULL)
		return;
	if (compressed->started)
		compressed->codec->end(compressed->state);
	library_close(compressed->library);
	free(compressed->state);
	free(compressed);
}
