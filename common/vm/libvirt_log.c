/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/libvirt_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/cursor.h"
#include "base/file.h"
#include "base/text.h"
#include "vm/uuid.h"

/*
 * libvirt logs an end when QEMU's monitor hangs up: after the kill, and on a host that is out of
 * memory perhaps long after. The time of the kill is computed from the kernel's clock and may be
 * ahead.
 */
#define EARLIER_USEC INT64_C(5000000)
#define LATER_USEC   INT64_C(30000000)

/* libvirt notices an end sooner, and clocks that drift apart for months differ by less. */
#define LONG_BEFORE_USEC INT64_C(300000000)

/* Takes a number of exactly `digits` digits and the text `after` it off the line. */
static bool take(struct cursor *line, size_t digits, const char *after, int *ret)
{
	int64_t value;

	if (!cursor_take_digits(line, digits, digits, &value))
		return false;
	*ret = (int)value;
	return cursor_take(line, after);
}

/*
 * Takes "2026-11-22 22:23:52.959+0000: " off the line. libvirt logs in UTC, whatever the host's
 * time zone.
 */
static bool take_time(struct cursor *line, int64_t *ret_realtime_usec)
{
	struct tm tm = { 0 };
	int milliseconds;

	if (!take(line, 4, "-", &tm.tm_year) || !take(line, 2, "-", &tm.tm_mon) ||
	    !take(line, 2, " ", &tm.tm_mday) || !take(line, 2, ":", &tm.tm_hour) ||
	    !take(line, 2, ":", &tm.tm_min) || !take(line, 2, ".", &tm.tm_sec) ||
	    !take(line, 3, "+0000: ", &milliseconds))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ret_realtime_usec = (int64_t)timegm(&tm) * 1000000 + milliseconds * 1000;
	return true;
}

/* One run of the domain: its start and the data from its command line. */
struct run {
	bool known;
	struct cursor uuid, id;
};

struct reading {
	int64_t moment_usec;
	struct run run;       /* the last that began before the moment and did not end before it */
	struct run ended;     /* the run whose end is nearest to the moment */
	struct cursor reason; /* of that end; .at is NULL if there is none */
	int64_t reason_usec;
	int64_t last_end_usec; /* of the last run, before the moment; 0 if it did not end */
	bool is_past;          /* in the lines of a run that began after the moment */
	bool any_before;       /* there is a line from before the moment */
	bool any;
};

static void on_end(struct reading *reading, int64_t end_usec, struct cursor reason)
{
	const int64_t moment_usec = reading->moment_usec;

	if (end_usec >= moment_usec - EARLIER_USEC && end_usec <= moment_usec + LATER_USEC &&
	    (!reading->reason.at ||
	     llabs(end_usec - moment_usec) < llabs(reading->reason_usec - moment_usec))) {
		reading->ended = reading->run;
		reading->reason = reason;
		reading->reason_usec = end_usec;
	}
	if (end_usec < moment_usec - EARLIER_USEC) {
		reading->run = (struct run){ .known = false };
		reading->last_end_usec = end_usec;
	}
}

/* A line that begins with a time. A start after the moment is ignored with its arguments. */
static void on_event(struct reading *reading, struct cursor line, int64_t at_usec)
{
	reading->any = true;
	reading->any_before |= at_usec <= reading->moment_usec + EARLIER_USEC;
	if (cursor_take(&line, "shutting down")) {
		const struct cursor unknown = cursor_of("unknown");

		on_end(reading, at_usec, cursor_take(&line, ", reason=") ? line : unknown);
	} else if (cursor_take(&line, "starting up")) {
		reading->is_past = at_usec > reading->moment_usec + EARLIER_USEC;
		if (reading->is_past)
			return;
		reading->run = (struct run){ .known = true };
		reading->last_end_usec = 0;
	}
}

/* Up to `length` bytes that follow `before` in the line; empty if it is not found. */
static struct cursor after(struct cursor line, const char *before, size_t length)
{
	if (!cursor_take_past(&line, before))
		return cursor_of("");
	if (cursor_left(&line) > length)
		line.end = line.at + length;
	return line;
}

#define UUID_LENGTH 36

/*
 * A line of the command line. Each option has a line; before libvirt 4.7 all are in one. It
 * contains "-uuid UUID" and files in /var/lib/libvirt/qemu/domain-ID-NAME/ (since 1.2.19).
 */
static void on_argument(struct reading *reading, struct cursor line)
{
	struct run *run = &reading->run;

	if (!run->known || reading->is_past)
		return;
	if (cursor_left(&run->uuid) == 0 && cursor_starts(&line, "-"))
		run->uuid = cursor_take(&line, "-uuid ") ? after(line, "", UUID_LENGTH) : run->uuid;
	if (cursor_left(&run->uuid) == 0)
		run->uuid = after(line, " -uuid ", UUID_LENGTH);
	if (cursor_left(&run->id) == 0) {
		run->id = after(line, "/domain-", 11);
		run->id.end = run->id.at + cursor_digits(&run->id);
	}
}

/*
 * The log may contain output of the guest's serial console. Its lines therefore serve only as
 * confirmation, and are not used if they contradict what is known.
 */
static void read_lines(struct reading *reading, const char *text, size_t length)
{
	struct cursor rest = { text, text + length }, line;

	while (cursor_take_part(&rest, '\n', &line)) {
		struct cursor event = line;
		int64_t at_usec;

		if (take_time(&event, &at_usec))
			on_event(reading, event, at_usec);
		else
			on_argument(reading, line);
	}
}

static void tell(struct vm_libvirt_log *ret, const struct reading *reading, bool from_begin)
{
	const struct run *run = reading->reason.at ? &reading->ended : &reading->run;

	if (reading->reason.at)
		cursor_copy(&reading->reason, ret->reason, sizeof(ret->reason));
	ret->ran = run->known;
	ret->was_off = !reading->reason.at && reading->last_end_usec != 0 &&
		       reading->last_end_usec < reading->moment_usec - LONG_BEFORE_USEC;
	vm_uuid_read(ret->uuid, run->uuid.at, cursor_left(&run->uuid));
	cursor_copy(&run->id, ret->id, sizeof(ret->id));
	ret->is_later = from_begin && reading->any && !reading->any_before;
}

int vm_libvirt_log_read(struct vm_libvirt_log *ret, const char *path, int64_t realtime_usec, size_t max)
{
	struct stat status;
	AUTO_CLOSE int fd = file_open_regular(path, &status);
	AUTO_FREE char *tail = NULL;
	struct reading reading = { .moment_usec = realtime_usec };

	*ret = (struct vm_libvirt_log){ .ran = false };
	if (fd < 0)
		return fd;
	tail = malloc(max);
	if (!tail)
		return -ENOMEM;
	off_t from = status.st_size > (off_t)max ? status.st_size - (off_t)max : 0;
	ssize_t got = pread(fd, tail, max, from);
	if (got < 0)
		return -errno;
	read_lines(&reading, tail, (size_t)got);
	tell(ret, &reading, from == 0);
	return 0;
}
