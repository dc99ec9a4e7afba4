/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "klog/source.h"
#include "klog/text/file_reading.h"
#include "klog/text/rotated.h"

/* Bytes read at each end of a file to find its hosts: about a hundred lines. */
#define HOSTS_BYTES ((off_t)16 * 1024)

struct file_source {
	struct klog_source source;
	struct klog_rotated rotated;
};

/* Reports the hosts of the lines at both ends of the file. */
static int look_for_hosts(struct klog_reading *reading, int fd, off_t size)
{
	const off_t places[] = { 0, size > HOSTS_BYTES ? size - HOSTS_BYTES : 0 };

	if (reading->query->hosts == NULL)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct klog_range range = { .fd = fd, .offset = places[i] };
		struct klog_lines lines;
		struct klog_record record;
		const char *line;
		size_t length;
		int r;

		range.end = size - places[i] < HOSTS_BYTES ? size : places[i] + HOSTS_BYTES;
		klog_lines_init(&lines, klog_range_read, &range, reading->second_block);
		klog_line_init(&reading->looked_at, klog_reading_reference(reading, range.end),
			       reading->line.clock.latest_usec);
		/* The first line is probably incomplete. */
		r = places[i] > 0 ? klog_lines_next(&lines, &line, &length) : 1;
		while (r > 0 && (r = klog_lines_next(&lines, &line, &length)) > 0) {
			if (!klog_line_parse(&reading->looked_at, line, length, &record))
				continue;
			klog_reading_form(reading, &record);
			const int wanted = klog_reading_host(reading, &record);
			if (wanted < 0)
				return wanted;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* Reads the lines of a file that is written newest first, oldest first. */
static int read_backward(struct klog_reading *reading, int fd, off_t size)
{
	struct klog_backward lines;
	const char *line;
	size_t length;
	off_t offset;
	int r;

	klog_backward_init(&lines, fd, size, reading->block);
	while ((r = klog_backward_next(&lines, &line, &length, &offset)) > 0) {
		reading->line_end = offset + (off_t)length + 1;
		r = klog_reading_line(reading, line, length);
		if (r != 0)
			return r;
	}
	return r;
}

static int read_forward(struct klog_reading *reading, int fd, off_t size)
{
	struct klog_range range = { .fd = fd, .end = size };
	int r = klog_reading_stream(reading, klog_range_read, &range);

	return r == 0 && range.offset < range.end ? -ESTALE : r;
}

static int read_plain(struct klog_reading *reading, int fd, off_t size)
{
	int r = klog_plan_file(reading, fd, size, &reading->plan);

	if (r < 0)
		return r;
	reading->line.enveloped = reading->plan.enveloped;
	if (reading->plan.way == KLOG_WAY_BACKWARD)
		return read_backward(reading, fd, size);
	if (reading->plan.way == KLOG_WAY_FORWARD)
		return read_forward(reading, fd, size);
	r = look_for_hosts(reading, fd, size);
	if (r < 0)
		return r;
	/* Report the time of the first line even if the scan yields nothing near it. */
	klog_reading_first(reading, reading->plan.first_usec);
	return klog_scan_file(reading, fd, size);
}

/* Decompresses a file once to search it. Most files hold nothing; if this one does, it is
 * decompressed again to be parsed. */
static int read_compressed(struct klog_reading *reading, const struct klog_log_file *file,
			   struct klog_failure *failure)
{
	struct klog_compressed *stream;
	bool holds = true;
	int r = klog_compressed_open(&stream, file->fd, file->compression, file->name, failure);

	if (r < 0)
		return r;
	if (reading->scan.string_count > 0) {
		r = klog_scan_stream(reading, klog_compressed_read, stream, &holds);
		klog_compressed_close(stream);
		if (r < 0 || !holds)
			return r;
		r = klog_compressed_open(&stream, file->fd, file->compression, file->name, failure);
		if (r < 0)
			return r;
	}
	r = klog_reading_stream(reading, klog_compressed_read, stream);
	klog_compressed_close(stream);
	return r;
}

static int fail_read(struct klog_failure *failure, int error, const char *name)
{
	if (failure->error != 0) /* already reported */
		return error;
	switch (error) {
	case -EBADMSG:
		return klog_fail(failure, error, "", "%s: damaged or truncated", name);
	case -ESTALE:
		return klog_fail(failure, error, "the next run will read all of it",
				 "%s: truncated while being read", name);
	case -EACCES:
	case -EPERM:
		return klog_fail(failure, error, KLOG_FILE_ACCESS_REMEDY, "%s: %s", name, strerror(-error));
	default:
		return klog_fail(failure, error, "", "%s: %s", name, strerror(-error));
	}
}

/* Reads one file, a plain one up to the size that it had when it was opened. */
static int read_file(struct klog_reading *reading, const struct klog_log_file *file,
		     struct klog_failure *failure)
{
	struct stat st;
	int fd = file->fd, r;

	*failure = (struct klog_failure){ 0 };
	reading->first_usec = KLOG_TIME_UNKNOWN;
	reading->plan.place_count = reading->json_length = 0;
	if (file->error < 0)
		return fail_read(failure, file->error, file->name);
	klog_line_init(&reading->line, file->reference_usec, file->latest_usec);
	reading->name = file->name;
	/* copytruncate has truncated the file since it was opened: read the copy. */
	if (file->copy_fd >= 0 && fstat(fd, &st) == 0 && st.st_size < file->size)
		fd = file->copy_fd;
	reading->fd = file->compression == KLOG_PLAIN ? fd : -1;
	r = file->compression == KLOG_PLAIN ? read_plain(reading, fd, file->size)
					    : read_compressed(reading, file, failure);
	return r < 0 ? fail_read(failure, r, file->name) : r;
}

/* Why part of the window may be missing: the newest sibling that could not be read, or the
 * directory that could not be listed; and how far back the files newer than that reach. */
struct hidden {
	struct klog_failure failure;
	int64_t reached_usec; /* or KLOG_TIME_UNKNOWN */
};

static int tell_hidden(const struct hidden *hidden, int64_t since_usec, struct klog_failure *failure)
{
	if (hidden->failure.error == 0 ||
	    (since_usec != KLOG_TIME_UNKNOWN && hidden->reached_usec != KLOG_TIME_UNKNOWN &&
	     hidden->reached_usec <= since_usec))
		return 0;
	*failure = hidden->failure;
	return failure->error;
}

static void reach(struct hidden *hidden, int64_t usec)
{
	if (usec != KLOG_TIME_UNKNOWN &&
	    (hidden->reached_usec == KLOG_TIME_UNKNOWN || usec < hidden->reached_usec))
		hidden->reached_usec = usec;
}

/* Reads one of the files. 0, what the callback returned, or -ENOMEM. Any other failure is stored in
 * *hidden, and the other files are still read. */
static int read_one(struct klog_reading *reading, const struct klog_log_file *file, bool before_window,
		    struct hidden *hidden)
{
	struct klog_failure failure;
	int r = read_file(reading, file, &failure);

	reach(hidden, reading->first_usec);
	if (r >= 0 || r == -ENOMEM)
		return r;
	if (before_window)
		klog_reading_oldest(reading->summary, file->written_usec);
	else
		*hidden = (struct hidden){ failure, KLOG_TIME_UNKNOWN };
	return 0;
}

static int read_files(struct klog_source *source, const struct klog_query *query, klog_record_fn record_fn,
		      void *data, struct klog_summary *ret_summary, struct klog_failure *failure)
{
	struct klog_rotated *rotated = &((struct file_source *)source)->rotated;
	AUTO_FREE struct klog_reading *reading = malloc(sizeof(*reading));
	struct hidden hidden = { rotated->unlisted, KLOG_TIME_UNKNOWN };
	int r = 0;

	if (reading == NULL)
		return klog_fail(failure, -ENOMEM, "", "%s: out of memory", source->name);
	reading->query = query;
	reading->window = klog_query_window(query);
	reading->record_fn = record_fn;
	reading->data = data;
	reading->summary = ret_summary;
	reading->cache = source->cache;
	reading->is_known = reading->has_lines = false;
	klog_scan_fill(&reading->scan, query->filter);
	klog_rotated_choose(rotated, reading->window.from_usec);
	for (size_t i = 0; i < rotated->count && r == 0; i++) {
		const struct klog_log_file *file = &rotated->files[i];

		/* An empty file may have been created by logrotate, of a log that is no longer
		 * written to. */
		if (file->size > 0 && (ret_summary->newest_usec == KLOG_TIME_UNKNOWN ||
				       file->written_usec > ret_summary->newest_usec))
			ret_summary->newest_usec = file->written_usec;
		if (!file->left_out)
			r = read_one(reading, file, file->before_window, &hidden);
		else if (file->size > 0)
			klog_reading_oldest(ret_summary, file->written_usec);
	}
	if (r == -ENOMEM)
		return klog_fail(failure, -ENOMEM, "", "%s: out of memory", source->name);
	if (r == 0)
		r = tell_hidden(&hidden, query->since_usec, failure);
	return r != 0 ? r : klog_reading_tell_unread(reading, source->name, failure);
}

static void close_files(struct klog_source *source)
{
	klog_rotated_close(&((struct file_source *)source)->rotated);
	free(source);
}

int klog_file_open(struct klog_source **ret, const char *path, struct klog_failure *failure)
{
	struct file_source *file;
	int r;

	if (strlen(path) >= sizeof(file->source.name))
		return klog_fail(failure, -ENAMETOOLONG, "", "%.200s…: %s", path, strerror(ENAMETOOLONG));
	file = calloc(1, sizeof(*file));
	if (file == NULL)
		return klog_fail(failure, -ENOMEM, "", "%s: out of memory", path);
	r = klog_rotated_open(&file->rotated, path, failure);
	if (r < 0) {
		free(file);
		return r;
	}
	file->source.kind = KLOG_FILE;
	file->source.read = read_files;
	file->source.close = close_files;
	memcpy(file->source.name, path, strlen(path) + 1);
	*ret = &file->source;
	return 0;
}
