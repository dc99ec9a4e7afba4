/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/libvirt_log.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "vm/span.h"

/*
 * libvirt writes when QEMU's monitor hangs up: after the kill, and on a host
 * that is out of memory maybe long after.  The kill's time is reckoned from the
 * kernel's clock and may be ahead.
 */
#define EARLIER_USEC INT64_C(5000000)
#define LATER_USEC   INT64_C(30000000)

/* Takes a number of so many digits and the text behind it. */
static bool take(struct span *line, size_t digits, const char *after, int *ret)
{
	uint64_t value;

	if (line->length < digits || span_count_digits((struct span){ line->text, digits }) != digits ||
	    number_parse_u64(line->text, digits, &value) < 0)
		return false;
	line->text += digits;
	line->length -= digits;
	*ret = (int)value;
	return span_strip_prefix(line, after);
}

/* "2026-11-22 22:23:52.959+0000: shutting down, reason=crashed": libvirt logs
 * in UTC, whatever the host's zone. */
static bool parse_end(struct span line, int64_t *ret_realtime_usec, struct span *ret_reason)
{
	struct tm tm = { 0 };
	int milliseconds;

	if (!take(&line, 4, "-", &tm.tm_year) || !take(&line, 2, "-", &tm.tm_mon) ||
	    !take(&line, 2, " ", &tm.tm_mday) || !take(&line, 2, ":", &tm.tm_hour) ||
	    !take(&line, 2, ":", &tm.tm_min) || !take(&line, 2, ".", &tm.tm_sec) ||
	    !take(&line, 3, "+0000: shutting down", &milliseconds))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ret_realtime_usec = (int64_t)timegm(&tm) * 1000000 + milliseconds * 1000;
	*ret_reason = span_strip_prefix(&line, ", reason=") ? line : (struct span){ "unknown", 7 };
	return true;
}

static bool is_around(int64_t end_usec, int64_t kill_usec)
{
	return end_usec >= kill_usec - EARLIER_USEC && end_usec <= kill_usec + LATER_USEC;
}

/* A guest's serial console may be in the log: its lines are no more than a
 * confirmation. */
static int find_end(const char *text, size_t length, int64_t realtime_usec, struct span *ret_reason)
{
	const char *end = text + length;
	int r = -ENOENT;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline ? newline : end;
		struct span reason;
		int64_t end_usec;

		if (parse_end((struct span){ text, (size_t)(line_end - text) }, &end_usec, &reason) &&
		    is_around(end_usec, realtime_usec)) {
			*ret_reason = reason;
			r = 0;
		}
		text = line_end + 1;
	}
	return r;
}

int vm_libvirt_log_reason(const char *path, int64_t realtime_usec, char *ret_reason, size_t size)
{
	struct stat status;
	AUTO_CLOSE int fd = file_open_regular(path, &status);
	AUTO_FREE char *tail = malloc(VM_LIBVIRT_LOG_TAIL);
	struct span reason;

	if (fd < 0)
		return fd;
	if (!tail)
		return -ENOMEM;
	off_t from = status.st_size > VM_LIBVIRT_LOG_TAIL ? status.st_size - VM_LIBVIRT_LOG_TAIL : 0;
	ssize_t got = pread(fd, tail, VM_LIBVIRT_LOG_TAIL, from);
	if (got < 0)
		return -errno;
	int r = find_end(tail, (size_t)got, realtime_usec, &reason);
	if (r == 0)
		span_copy(reason, ret_reason, size);
	return r;
}
