/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_KLOG_H
#define OOM_KLOG_KLOG_H
/*
 * Reads kernel log records from any source: /dev/kmsg, syslog(2), the journal, log files. A source
 * yields its records oldest first, all in the same struct. This directory contains no knowledge of
 * OOM kills: the caller describes what it looks for in a klog_filter.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"

#define KLOG_TIME_UNKNOWN     INT64_MIN
#define KLOG_SEQUENCE_UNKNOWN UINT64_MAX
#define KLOG_UNKNOWN          (-1) /* facility, level */
#define KLOG_NOT_INDEXED      (-2) /* a match's level: too common to be searched by an index */
#define KLOG_FACILITY_KERN    0    /* userspace cannot use it: devkmsg_write() forces LOG_USER */

/* Twice the 8 KiB of Documentation/ABI/testing/dev-kmsg. LOG_LINE_MAX and PRINTKRB_RECORD_MAX are 1
 * KiB, which escaping can quadruple; a dictionary is added to that. */
#define KLOG_RECORD_MAX 16384

/* A host's name including its NUL; longer names are cut. */
#define KLOG_HOST_SIZE 128

/*
 * The sender of a journal entry, from the fields that only journald can set. "" if it is unknown or
 * if an ordinary user can have chosen the name.
 */
struct klog_sender {
	/* file name of a program that runs as root, or as the user of its service (DynamicUser=) */
	const char *program;
	const char *service; /* its unit without ".service"; only root can create units */
};

/* The envelope (time, host, tag and the like) around the text of a line. */
enum klog_form {
	/* an envelope that names the sender; also any record that does not come from a line */
	KLOG_FORM_KNOWN,
	KLOG_FORM_BARE,    /* no envelope */
	KLOG_FORM_UNKNOWN, /* an envelope that is not supported or does not name the sender */
};

struct klog_record {
	int64_t realtime_usec; /* wall clock, since the epoch, UTC; or KLOG_TIME_UNKNOWN */
	/* ^ the kernel's local_clock() since boot, which stops during suspend (see boot.c); or
	 * KLOG_TIME_UNKNOWN */
	int64_t monotonic_usec;
	uint64_t sequence; /* in the kernel's ring buffer, or KLOG_SEQUENCE_UNKNOWN */
	int facility;      /* 0..255, KLOG_UNKNOWN if the source does not record it */
	int level;         /* 0 emerg .. 7 debug, or KLOG_UNKNOWN */
	bool continuation; /* kmsg's flag 'c': continues an earlier record */
	/* ^ The line may be the rest of the previous record, after a newline that came from a
	 * user's string. syslog(2): it has the priority and the time of the line before it. A text
	 * log: it has no envelope, but earlier lines of the file have one. False in all other
	 * sources. */
	bool may_continue;
	/* The facility comes from the kernel (kmsg, syslog(2)) or from journald's own socket. False
	 * in a text file, which anybody can write to through syslog. */
	bool proven;
	enum klog_form form;
	bool has_boot_id;
	uint8_t boot_id[16]; /* which boot, if known (kmsg: this one; journal: _BOOT_ID) */
	/* syslog tag without [pid] ("kernel", "systemd-oomd"); NULL if the source has none */
	const char *identifier;
	const struct klog_sender *sender; /* of a journal entry; NULL in other sources */
	/* as a log daemon wrote it: "hv7", "hv7.example.net", "192.0.2.7"; NULL if the source has
	 * none */
	const char *host;
	bool of_this_host; /* set by the caller; the sources do not know it */
	/* the message, unescaped exactly once; may contain any byte except NUL and is terminated */
	const char *text;
	size_t text_length;
};

/* Whether a record can come from the kernel: it has facility 0; or, if the facility is unknown, the
 * tag "kernel" or no tag at all. */
bool klog_record_is_kernel(const struct klog_record *record);

/* Whether a program of this name sent the record: according to journald's fields if there are any,
 * else according to the tag, which anybody can choose. */
bool klog_record_is_from(const struct klog_record *record, const char *program);

/* How a text relates to the kind of line that the caller looks for. */
enum klog_grammar {
	KLOG_GRAMMAR_NONE,
	KLOG_GRAMMAR_BESIDE, /* a line that accompanies such lines */
	KLOG_GRAMMAR_LINE,   /* the text is such a line */
	KLOG_GRAMMAR_LINES,  /* the text starts as such a line and contains another one, or was rewritten */
	KLOG_GRAMMAR_WITHIN, /* the text contains such a line after something else */
};

/*
 * What the caller looks for, so that a source with an index or with a gigabyte of text need not
 * return everything. A source yields at least every record that contains one of the matches, and
 * the records around it: before it, back to the record that contains `header` (or `records_before`
 * records), and `records_after` after it. It may yield more.
 *
 * An indexed source yields only the head and the tail of a report whose header is more than
 * `records_before` records away, and no context around a program's record.
 */
struct klog_match {
	const char *text; /* bytes that the record contains */
	/* journal index: PRIORITY=, or KLOG_UNKNOWN for any; KLOG_NOT_INDEXED: found only where the
	 * text is read for another reason */
	int level;
	const char *program; /* NULL: the kernel; else the sender, see klog_record_is_from() */
	/* 32 digits: the MESSAGE_ID= of the program's line in the journal, by which an index finds
	 * it alone; NULL if there is none */
	const char *message_id;
	/* two adjacent bytes of the text by which a file is searched for it: rare in logs, and the same
	 * for many matches; NULL: the first two */
	const char *pair;
};

struct klog_filter {
	const struct klog_match *matches;
	size_t match_count;
	const char *header; /* text of the first record of a report; also one of the matches */
	int header_level;
	unsigned records_before; /* at most this many, if the header is not found */
	unsigned records_after;
	/* Classifies a text. A line that belongs to such a record but was not understood is counted
	 * in klog_summary.unread_lines. NULL: no line is counted. */
	enum klog_grammar (*grammar)(const char *text, size_t length);
	int64_t usec_around; /* records further away from the match are not context */
	/* NULL-terminated: units whose lines are wanted besides the kernel's. In the system's
	 * journal, messages that journald suppressed from other units do not count as lost. */
	const char *const *units;
};

/* Start of this boot, in realtime. `now_usec` is the current realtime; the uptime is
 * CLOCK_BOOTTIME, which includes time in suspend. */
int64_t klog_boot_usec(int64_t now_usec);

enum klog_kind { KLOG_AUTO, KLOG_KMSG, KLOG_SYSLOG, KLOG_JOURNAL, KLOG_FILE, KLOG_KIND_COUNT };
const char *klog_kind_name(enum klog_kind kind); /* "auto", "kmsg", "syslog", "journal", "file" */

/*
 * Called with the host of each record of a text log or an export that is looked at, inside the
 * window or not. It is also called for lines at both ends of a file, because all lines around the
 * matches may belong to another host. Returns 1 if the host is wanted, 0 if not: messages that the
 * host's log reports as lost are then not counted. A negative errno ends the reading.
 */
struct klog_host_watch {
	int (*seen)(const char *host, int64_t realtime_usec, void *data);
	void *data;
};

struct klog_query {
	int64_t since_usec; /* realtime; KLOG_TIME_UNKNOWN: from the oldest record */
	int64_t until_usec; /* realtime; KLOG_TIME_UNKNOWN: to the newest record */
	/* Records around a match at the edge of the window are yielded even if they are outside.
	 * Records whose time is unknown count as inside. */
	const struct klog_filter *filter;    /* NULL: every record */
	const struct klog_host_watch *hosts; /* NULL: the hosts of the records do not matter */
	/* ^ the text may have been pasted by a person: list marks, prompts and the like are
	 * skipped */
	bool pasted;
};

/* Why a source cannot be read, worded for the person on call. */
struct klog_failure {
	int error;        /* negative errno */
	char reason[384]; /* "/dev/kmsg: Operation not permitted (kernel.dmesg_restrict=1)" */
	char remedy[384]; /* "grant CAP_SYSLOG: setcap cap_syslog+ep /usr/lib/…", or "" */
};

/* What a source contained. */
struct klog_summary {
	/* realtime of the oldest record in the source (even if it was not yielded), or
	 * KLOG_TIME_UNKNOWN */
	int64_t oldest_usec;
	int64_t newest_usec; /* a file: time of its last change; else KLOG_TIME_UNKNOWN */
	/* a journal named by the user: all of it is at least an hour older than the window, or all
	 * of it is newer */
	bool not_in_window;
	bool whole_boot; /* the ring buffer still contains this boot's first record */
	bool knows_boot; /* the system's own journal; then boot_oldest_usec is set */
	/* time since boot of the journal's oldest entry of this boot, or KLOG_TIME_UNKNOWN if it
	 * has none */
	int64_t boot_oldest_usec;
	uint64_t yielded_records;
	/* Records known to be missing: EPIPE, gaps in the sequence, journald's "Missed N kernel
	 * messages" in the window, messages it suppressed from units that matter (in a journal
	 * named by the user: from any unit), and losses that a text log reports. */
	uint64_t lost_records;
	uint64_t suppressed; /* messages that journald suppressed from other units */
	/* a file: lines in an unknown form that contain the words of a record that is looked for */
	uint64_t unread_lines;
	uint64_t unread_number;  /* line number of the first of them, from 1; 0 if unknown */
	char unread_name[256];   /* its file; if the path is longer, the end of it */
	int64_t lost_since_usec; /* a file: realtime of the first loss that it reports */
};

struct klog_source;

/*
 * Opens a source. Everything that needs a privilege happens here, so the caller can drop its
 * privileges before any untrusted data is parsed.
 *
 * `path` is NULL for the system's own log (journal: rootfs/var/log/journal and
 * rootfs/run/log/journal), a directory or file for KLOG_JOURNAL, a file for KLOG_FILE. The rotated
 * siblings of a log file are read too, as far back as the window reaches. Paths of the caller are
 * used without rootfs.
 *
 * Returns 0, or a negative errno with *failure filled. Close with klog_close().
 */
int klog_open(struct klog_source **ret, enum klog_kind kind, const char *path, const struct file_roots *roots,
	      struct klog_failure *failure);
void klog_close(struct klog_source *source);

const char *klog_source_name(const struct klog_source *source); /* "kmsg", "journal", "/var/log/kern.log" */

/* Makes the reading of large log files remember what was searched, see klog/text/searched.h. `cache`
 * belongs to the caller and must live as long as the source. NULL: nothing is remembered. */
struct klog_search_cache;
void klog_cache_searches(struct klog_source *source, const struct klog_search_cache *cache);

/* Called for each record, which is only valid during the call. A non-zero result stops the reading
 * and is returned by klog_read(). */
typedef int (*klog_record_fn)(const struct klog_record *record, void *data);

/*
 * Reads a source once, from its oldest record to its newest within the query. Returns 0, the result
 * of the callback, or a negative errno with *failure filled. Records yielded before an error are
 * valid, and *ret_summary is filled in any case.
 */
int klog_read(struct klog_source *source, const struct klog_query *query, klog_record_fn record_fn,
	      void *data, struct klog_summary *ret_summary, struct klog_failure *failure);

#endif
