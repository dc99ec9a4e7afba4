/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_FILE_LINES_H
#define OOM_KLOG_FILE_LINES_H
/*
 * Splits a stream of bytes into lines, in bounded memory whatever the stream holds; private to this
 * directory.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Still fits in the second-level cache; larger blocks do not pay. */
#define KLOG_BLOCK_SIZE (256 * 1024)

/* Returns the number of bytes read, 0 at the end, or a negative errno. */
typedef ssize_t (*klog_read_fn)(void *stream, void *buffer, size_t size);

/* Bytes read at a time if only a few lines are wanted. For most hits, this includes the lines that
 * belong to them. */
#define KLOG_STEP_SIZE (16 * 1024)

/* A part of an open file. It is read with pread(2), which does not move the descriptor's offset. */
struct klog_range {
	int fd;
	off_t offset;
	off_t end;
	size_t step; /* bytes read at a time; 0: as many as are asked for */
};
ssize_t klog_range_read(void *range, void *buffer, size_t size);

struct klog_lines {
	klog_read_fn read;
	void *stream;
	char *buffer; /* KLOG_BLOCK_SIZE bytes */
	size_t begin, end;
	off_t offset;    /* in the stream, of buffer[begin] */
	uint64_t number; /* of lines read so far */
	bool ended;      /* the stream has ended */
	bool dropping;   /* discarding the rest of a line that was too long */
};

/* The buffer of KLOG_BLOCK_SIZE bytes remains the caller's. */
void klog_lines_init(struct klog_lines *lines, klog_read_fn read, void *stream, char *buffer);

/*
 * Gets the next line, without its newline; it is valid until the next call. Four or more NUL bytes
 * also end a line: ext4 leaves a hole of them where a crash lost appended data, and UTF-16 has no
 * more than three in a row. A line longer than KLOG_LINE_MAX is cut. Returns 1, 0 at the end, or a
 * negative errno.
 */
int klog_lines_next(struct klog_lines *lines, const char **ret, size_t *ret_length);

/* The length of a line without trailing carriage returns, which Windows and consoles add. */
static inline size_t klog_line_length(const char *line, size_t length)
{
	while (length > 0 && line[length - 1] == '\r')
		length--;
	return length;
}

/* Copies the next `length` bytes to `to`, or skips them if it is NULL. Returns 1, 0 if there are
 * fewer, or a negative errno. */
int klog_lines_take(struct klog_lines *lines, void *to, size_t length);

/* Reads the lines of a file from its end to its start. klog_backward_next() returns as
 * klog_lines_next(), with the line's offset in *ret_offset. */
struct klog_backward {
	int fd;
	off_t end;    /* lines before this offset are still to come */
	char *buffer; /* KLOG_BLOCK_SIZE bytes */
	off_t base;   /* the offset of buffer[0] in the file */
	size_t held;
	size_t step; /* bytes to read next; doubled each time */
};
void klog_backward_init(struct klog_backward *lines, int fd, off_t end, char *buffer);
int klog_backward_next(struct klog_backward *lines, const char **ret, size_t *ret_length, off_t *ret_offset);

#endif
