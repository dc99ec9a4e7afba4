/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_FILE_READING_H
#define OOM_KLOG_FILE_READING_H
/*
 * The state of reading a log file and its rotated siblings, and the ways to read one of them;
 * private to this directory. Unless noted otherwise, functions return 0, what the callback
 * returned, or a negative errno.
 */
#include "klog/source.h"
#include "klog/text/file_lines.h"
#include "klog/text/line.h"
#include "klog/text/scan.h"
#include "klog/text/searched.h"

/* How a plain file is read. */
enum klog_way {
	KLOG_WAY_FORWARD,  /* all lines */
	KLOG_WAY_BACKWARD, /* all lines, from the last to the first: it is written newest first */
	KLOG_WAY_SCAN,     /* what the query's filter wants */
};

/* The places at which the years of a file are determined if its dates have none. */
#define KLOG_PLAN_PLACES 64

struct klog_plan {
	enum klog_way way;
	bool enveloped;     /* lines near the start have envelopes */
	int64_t first_usec; /* time of the first line with a time, or KLOG_TIME_UNKNOWN */
	size_t place_count; /* 0: the file's last change is the reference for all of it */
	struct {
		off_t from;
		int64_t reference_usec; /* for dates without a year, up to the next place */
	} places[KLOG_PLAN_PLACES];
};

struct klog_reading {
	const struct klog_query *query;
	struct klog_window window;
	klog_record_fn record_fn;
	void *data;
	struct klog_summary *summary;
	struct klog_scan scan;                 /* for what the filter wants; no strings: all is parsed */
	const struct klog_search_cache *cache; /* remembers searches of large files; or NULL */
	struct klog_searched past, now;        /* what earlier runs and this one found in such a
	                                          * file */
	struct klog_line_context line;         /* parser state of the current file */
	int64_t first_usec;                    /* time of its first record that has one, or
	                                          * KLOG_TIME_UNKNOWN */
	bool is_known;                         /* a line in a known form was seen in any of the
	                                          * files */
	bool has_lines;                        /* any line was seen */
	const char *name;                      /* of the current file */
	int fd; /* of the current file, if its lines are identified by offset; -1: by number */
	off_t line_end;
	uint64_t line_number;
	struct klog_plan plan;              /* of the current file */
	struct klog_line_context looked_at; /* for a line that is parsed out of order */
	size_t json_length;                 /* of a JSON object over several lines, so far */
	int json_depth;
	char json[KLOG_LINE_MAX];
	char pasted[KLOG_RECORD_MAX]; /* a line that is taken apart */
	char block[KLOG_BLOCK_SIZE];
	char second_block[KLOG_BLOCK_SIZE]; /* for other places of the file while `block` is in use */
};

/* file_reading.c: the way of each record. */

/* Reports how far back the log reaches: the earliest time counts. */
void klog_reading_oldest(struct klog_summary *summary, int64_t usec);

/* Reports the time of a record. Only the first known time of a file counts. */
void klog_reading_first(struct klog_reading *reading, int64_t usec);

/* Reports the record's host to the query's watch. Returns what klog_host_watch.seen returned, or 1
 * if there is no watch or no host. */
int klog_reading_host(const struct klog_reading *reading, const struct klog_record *record);

/* Yields a record if it is in the window; the second function parses it from a line first. 0 or
 * what the callback returned. */
int klog_reading_record(struct klog_reading *reading, const struct klog_record *record);
int klog_reading_line(struct klog_reading *reading, const char *line, size_t length);

/* Announces that the next line ends at `offset`. */
void klog_reading_at(struct klog_reading *reading, off_t offset);

/* The reference time for a date without a year in a line that ends at `offset`. */
int64_t klog_reading_reference(const struct klog_reading *reading, off_t offset);

/* file_formats.c: reads all lines of a stream, in order; whether klog_scan_*() can find strings in a
 * file that begins with these bytes. */
int klog_reading_stream(struct klog_reading *reading, klog_read_fn read, void *stream);
bool klog_reading_scannable(const char *start, size_t length);

/* file_plan.c: decides how a file is read. Looks at its start and, if its dates have no year, at some
 * places in it. 0 or a negative errno. */
int klog_plan_file(struct klog_reading *reading, int fd, off_t size, struct klog_plan *ret);

/* file_unread.c: notes the form of a line; whether a line was not understood although it holds the
 * words of a record that is looked for; counts such a line. */
void klog_reading_form(struct klog_reading *reading, const struct klog_record *record);
bool klog_reading_is_unread(const struct klog_reading *reading, const struct klog_record *record);
void klog_reading_count_unread(struct klog_reading *reading);

/* pasted_records.c: yields the records that klog/text/pasted.h finds in such a line. 0 or what the callback
 * returned; *ret_read is whether it found any. */
int klog_reading_pasted(struct klog_reading *reading, const struct klog_record *record, bool *ret_read);

/* Called at the end. 0, or -ENOMSG with *failure filled if there were such lines, or if no line was
 * in a known form. */
int klog_reading_tell_unread(const struct klog_reading *reading, const char *name,
			     struct klog_failure *failure);

/* file_export.c: whether this is the first line of a file in the journal's export format; reads
 * such a file, from that line on. */
bool klog_export_starts(const char *line, size_t length);
int klog_export_read(struct klog_reading *reading, struct klog_lines *lines, const char *line, size_t length);

/* file_json.c: reads a line that may be part of a JSON object over several lines; handles an object
 * that is incomplete at the end of the file. Both return as klog_reading_line(). */
int klog_json_line(struct klog_reading *reading, const char *line, size_t length);
int klog_json_end(struct klog_reading *reading);

/* file_verbose.c: whether this is the first line of a file in the format of journalctl -o verbose;
 * reads such a file, from that line on. */
bool klog_verbose_starts(const char *line, size_t length);
int klog_verbose_read(struct klog_reading *reading, struct klog_lines *lines, const char *line,
		      size_t length);

/*
 * scan_file.c: reads what the query's filter wants from a large file; whether a stream holds any
 * of it, by the strings that klog_scan_fill() has added. Both search every byte, because the position
 * of a line says nothing about its time: if a clock was wrong for an hour, lines dated two days ago
 * come after those of today.
 */
void klog_scan_fill(struct klog_scan *scan, const struct klog_filter *filter);
int klog_scan_file(struct klog_reading *reading, int fd, off_t size);
int klog_scan_stream(struct klog_reading *reading, klog_read_fn read, void *stream, bool *ret_holds);

#endif
