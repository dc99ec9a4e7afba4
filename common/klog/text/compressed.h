/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_COMPRESSED_H
#define OOM_KLOG_COMPRESSED_H
/*
 * Reads compressed log files as streams of bytes; private to this directory. zlib, liblzma and
 * libzstd are loaded when the first file of their kind is read.
 */
#include <stddef.h>
#include <sys/types.h>

#include "klog/klog.h"

enum klog_compression { KLOG_PLAIN, KLOG_GZIP, KLOG_XZ, KLOG_ZSTD, KLOG_BZIP2, KLOG_LZ4 };

/* Detects the compression by the first bytes of the file, not by its name. 0, or a negative errno
 * if it cannot be read. */
int klog_compression_of(int fd, enum klog_compression *ret);

struct klog_compressed;

/* `fd` remains the caller's. 0, or a negative errno with *failure filled. */
int klog_compressed_open(struct klog_compressed **ret, int fd, enum klog_compression compression,
			 const char *name, struct klog_failure *failure);

/* A klog_read_fn.  -EBADMSG: damaged or truncated; -ENOMEM. */
ssize_t klog_compressed_read(void *compressed, void *buffer, size_t size);

void klog_compressed_close(struct klog_compressed *compressed); /* NULL is fine */

#endif
