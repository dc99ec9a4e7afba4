/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_FILE_LINES_H
#define OOM_KLOG_FILE_LINES_H
/*
 * Inside this room only: a stream of bytes as lines, in bounded memory
 * whatever it holds.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* As large as pays: the second-level cache holds it. */
#define KLOG_BLOCK_SIZE (256 * 1024)

/* Bytes read, 0 at the end, or a negative errno. */
typedef ssize_t (*klog_read_fn)(void *stream, void *buffer, size_t size);

/* Read at a time where a few lines are wanted: most hits have what belongs to them in it. */
#define KLOG_STEP_SIZE (16 * 1024)

/* A part of an open file, read by pread(2): the descriptor's own offset stays. */
struct klog_range {
	int fd;
	off_t offset;
	off_t end;
	size_t step; /* read at a time; 0: as much as is asked for */
};
ssize_t klog_range_read(void *range, void *buffer, size_t size);

struct klog_lines {
	klog_read_fn read;
	void *stream;
	char *buffer; /* KLOG_BLOCK_SIZE bytes */
	size_t begin, end;
	off_t offset;    /* in the stream, of buffer[begin] */
	uint64_t number; /* of lines so far */
	bool ended;      /* the stream is */
	bool dropping;   /* the rest of a line that was too long */
};

/* buffer: KLOG_BLOCK_SIZE bytes, the caller's. */
void klog_lines_init(struct klog_lines *lines, klog_read_fn read, void *stream, char *buffer);

/*
 * The next line, without its newline, good until the next call.  Four NUL
 * bytes or more end a line as well: ext4 leaves a hole of them where a crash
 * lost what was appended, and UTF-16 has no more than three.  Of a line that is
 * longer than KLOG_LINE_MAX only the start is given.  1, 0 at the end, or a
 * negative errno.
 */
int klog_lines_next(struct klog_lines *lines, const char **ret, size_t *ret_length);

/* A line's length without the carriage returns of Windows or a console. */
static inline size_t klog_line_length(const char *line, size_t length)
{
	while (length > 0 && line[length - 1] == '\r')
		length--;
	return length;
}

/* The next `length` bytes as they are; `to` may be NULL.  1, 0 if there are not
 * as many, or a negative errno. */
int klog_lines_take(struct klog_lines *lines, void *to, size_t length);

/* Lines from a file's end to its start. */
struct klog_backward {
	int fd;
	off_t end;    /* lines before it are still to come */
	char *buffer; /* KLOG_BLOCK_SIZE bytes */
	off_t base;   /* where buffer[0] was read */
	size_t held;
	size_t step; /* read next: more and more */
};
void klog_backward_init(struct klog_backward *lines, int fd, off_t end, char *buffer);
int klog_backward_next(struct klog_backward *lines, const char **ret, size_t *ret_length, off_t *ret_offset);

#endif
