/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_FILE_READING_H
#define OOM_KLOG_FILE_READING_H
/*
 * Inside this room only: one read of a log file and its siblings, and the ways
 * to go through one of them.  All return 0, what the callback returned, or a
 * negative errno.
 */
#include "klog/file_lines.h"
#include "klog/line.h"
#include "klog/searched.h"
#include "klog/source.h"

/* Which reference the dates without a year have, by place in the file. */
#define KLOG_YEARS_PLACES 64
struct klog_years {
	size_t count; /* 0: the file's last change is the reference throughout */
	off_t from[KLOG_YEARS_PLACES];
	int64_t reference_usec[KLOG_YEARS_PLACES];
};

struct klog_reading {
	const struct klog_query *query;
	struct klog_window window;
	klog_record_fn record_fn;
	void *data;
	struct klog_summary *summary;
	const struct klog_search_memory *memory; /* of searches of large files, or NULL */
	struct klog_searched past, now;          /* of such a file */
	struct klog_line_context line;           /* of the file that is being read */
	int64_t first_usec;                      /* of its first record with a time, or KLOG_TIME_UNKNOWN */
	bool is_known;                           /* a line in a known form was seen, in any of the files */
	bool has_lines;                          /* a line was */
	const char *name;                        /* of the file */
	int fd; /* of the file where lines are known by their place; -1: by number */
	off_t line_end;
	uint64_t line_number;
	struct klog_years years;
	struct klog_line_context looked_at; /* of a line that is judged out of its order */
	size_t json_length;                 /* of an object over several lines, so far */
	int json_depth;
	char json[KLOG_LINE_MAX];
	char pasted[KLOG_RECORD_MAX]; /* a text that is taken apart */
	char block[KLOG_BLOCK_SIZE];
	char second_block[KLOG_BLOCK_SIZE]; /* for a look back from within a block */
};

/* Starts at another place of the same file: no line above is known. */
void klog_reading_restart(struct klog_reading *reading);

/* The time of a record of the file, of which the first counts. */
void klog_reading_first(struct klog_reading *reading, int64_t usec);

/* Tells the query's watch of the record's host.  What klog_host_watch.seen returns; 1 where
 * there is no watch, or no host. */
int klog_reading_host(const struct klog_reading *reading, const struct klog_record *record);

/* A record, yielded if it lies in the window; one line, parsed first.  0 or the
 * callback's. */
int klog_reading_record(struct klog_reading *reading, const struct klog_record *record);
int klog_reading_line(struct klog_reading *reading, const char *line, size_t length);

/* file.c: every line of a stream, or of a part of a file, in its order; and whether
 * klog_scan_*() can find texts in a file that begins with these bytes. */
int klog_reading_stream(struct klog_reading *reading, klog_read_fn read, void *stream);
int klog_reading_range(struct klog_reading *reading, struct klog_range *range);
bool klog_reading_scannable(const char *start, size_t length);

/* file_unread.c: takes note of the form of a line; and counts it if it was not understood
 * and holds the words of a record that is looked for. */
void klog_reading_form(struct klog_reading *reading, const struct klog_record *record);
bool klog_reading_is_unread(const struct klog_reading *reading, const struct klog_record *record);
void klog_reading_count_unread(struct klog_reading *reading);

/* file_pasted.c: yields what klog/pasted.h makes of such a record.  0 or the callback's;
 * *ret_read: whether it was anything. */
int klog_reading_pasted(struct klog_reading *reading, const struct klog_record *record, bool *ret_read);

/* At the end: 0, or -ENOMSG if there were such lines, or not one in a known form. */
int klog_reading_tell_unread(const struct klog_reading *reading, const char *name,
			     struct klog_failure *failure);

/* file_years.c: finds out the years of a file whose dates have none; says that
 * the next line ends at `offset`; and the time of a line at or soon after a
 * place, or KLOG_TIME_UNKNOWN. */
int klog_years_find(struct klog_reading *reading, int fd, off_t size);
void klog_reading_at(struct klog_reading *reading, off_t offset);
int klog_reading_probe(struct klog_reading *reading, int fd, off_t offset, off_t end, int64_t *ret_usec);

/* file_export.c: whether this is the first line of a journal in the export
 * format; and all of it, that line and what follows it. */
bool klog_export_starts(const char *line, size_t length);
int klog_export_read(struct klog_reading *reading, struct klog_lines *lines, const char *line, size_t length);

/* file_json.c: a line that may be part of a JSON object over several lines; and the end of
 * the file, where one may be open.  As klog_reading_line(). */
int klog_json_line(struct klog_reading *reading, const char *line, size_t length);
int klog_json_end(struct klog_reading *reading);

/* file_verbose.c: whether this is the first line of an entry as journalctl -o verbose writes
 * it; and all of the file, that line and what follows it. */
bool klog_verbose_starts(const char *line, size_t length);
int klog_verbose_read(struct klog_reading *reading, struct klog_lines *lines, const char *line,
		      size_t length);

/* file_reversed.c: whether a file is written newest first, as GNOME Logs and
 * other viewers export; and every line of it, oldest first. */
int klog_reversed_detect(struct klog_reading *reading, int fd, off_t size, bool *ret_reversed);
int klog_reversed_read(struct klog_reading *reading, int fd, off_t size);

/*
 * scan_file.c: what the query's interest wants of a large file; and whether a stream
 * holds anything of it.  Both look at every byte.  Where a line stands says nothing
 * about its time: a clock that was slow for an hour leaves lines of two days ago
 * behind those of today.
 */
int klog_scan_file(struct klog_reading *reading, int fd, off_t size);
int klog_scan_stream(struct klog_reading *reading, klog_read_fn read, void *stream, bool *ret_holds);

#endif
