/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_KLOG_KLOG_H
#define OOM_KLOG_KLOG_H
/*
 * Kernel log records from any source: /dev/kmsg, syslog(2), the journal, log
 * files.  A source yields records, oldest first, through one struct; where
 * they came from can be told from it but need not be.  This room knows
 * nothing of OOM: what a reader looks for, it says in a klog_interest.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"

#define KLOG_TIME_UNKNOWN     INT64_MIN
#define KLOG_SEQUENCE_UNKNOWN UINT64_MAX
#define KLOG_UNKNOWN          (-1) /* facility, level */
#define KLOG_NOT_INDEXED      (-2) /* an anchor's level: too common to look for by an index */
#define KLOG_FACILITY_KERN    0    /* userspace cannot write it: devkmsg_write() forces LOG_USER */

/* LOG_LINE_MAX and PRINTKRB_RECORD_MAX are 1 KiB, escaped four-fold, plus a
 * dictionary: 8 KiB in Documentation/ABI/testing/dev-kmsg.  Twice that. */
#define KLOG_RECORD_MAX 16384

/* A host's name and its NUL; what is longer is cut. */
#define KLOG_HOST_SIZE 128

/*
 * Who sent a line to journald, by fields that journald sets and nobody else can.
 * "" is unknown, or a name that an ordinary user can have chosen.
 */
struct klog_sender {
	const char *program; /* file name of root's program, or of a service's with a user of
	                      * its own (DynamicUser=) */
	const char *service; /* its unit without ".service", which only root can name */
};

/* What a line of a text stands in. */
enum klog_form {
	KLOG_FORM_KNOWN,   /* an envelope that says whose it is; and any record that is no line */
	KLOG_FORM_BARE,    /* none */
	KLOG_FORM_UNKNOWN, /* one that nothing here knows, or that does not say whose it is */
};

struct klog_record {
	int64_t realtime_usec;  /* wall clock, since the epoch, UTC; or KLOG_TIME_UNKNOWN */
	int64_t monotonic_usec; /* the kernel's local_clock() since boot, not advanced in
	                         * suspend; or KLOG_TIME_UNKNOWN */
	uint64_t sequence;      /* of the kernel's ring, or KLOG_SEQUENCE_UNKNOWN */
	int facility;           /* 0..255, KLOG_UNKNOWN where the source does not keep it */
	int level;              /* 0 emerg .. 7 debug, or KLOG_UNKNOWN */
	bool continuation;      /* kmsg's flag 'c': goes on where an earlier record stopped */
	bool may_continue;      /* may be the rest of the record before it, behind a newline that a
	                         * user's string brought in: syslog(2), where it has the priority
	                         * and the time of the line before it; a text log, where it alone
	                         * has no envelope; false in all other sources */
	bool proven;            /* facility comes from the kernel (kmsg, syslog(2)) or from
	                         * journald's own socket; false in a text file, which anybody
	                         * can have written through syslog */
	enum klog_form form;
	bool has_boot_id;
	uint8_t boot_id[16];              /* which boot, where known (kmsg: this one; journal: _BOOT_ID) */
	const char *identifier;           /* syslog tag without [pid] ("kernel", "systemd-oomd");
	                         * NULL where the source has none */
	const struct klog_sender *sender; /* of a journal's entry; NULL elsewhere */
	const char *host;                 /* as a log daemon wrote it: "hv7", "hv7.example.net", "192.0.2.7";
	                    * NULL where the source has none */
	bool of_this_host;                /* for the reader to set: no source knows it */
	const char *text;                 /* the message, unescaped exactly once: any byte but NUL is
	                         * possible; terminated as well */
	size_t text_length;
};

/* Whether a record can be the kernel's: facility 0 where known, else the tag
 * "kernel", else no tag at all. */
bool klog_record_is_kernel(const struct klog_record *record);

/* Whether a program of this name sent it: by what journald says, else by the tag,
 * which anybody can choose. */
bool klog_record_is_from(const struct klog_record *record, const char *program);

/* What a text holds of the grammar of what the caller looks for. */
enum klog_grammar {
	KLOG_GRAMMAR_NONE,
	KLOG_GRAMMAR_BESIDE, /* what stands beside such lines */
	KLOG_GRAMMAR_LINE,   /* the text is such a line */
	KLOG_GRAMMAR_LINES,  /* it begins as such a line and holds another one, or is a rewritten one */
	KLOG_GRAMMAR_WITHIN, /* behind something else */
};

/*
 * What the caller looks for, so that a source with an index or a gigabyte of
 * text need not hand over everything.  A source yields at least every record
 * that holds one of the anchors, and for each the records around it: back to
 * the record that holds `opener` (or `records_before`), and `records_after`.
 * It may yield more.  An indexed source yields of a report whose opener is
 * further back than records_before its head and its tail, and around a
 * program's record nothing.
 */
struct klog_anchor {
	const char *text;       /* bytes that the record holds */
	int level;              /* journal index: PRIORITY=, KLOG_UNKNOWN for any; KLOG_NOT_INDEXED:
	                         * only found where the text is read anyway */
	const char *program;    /* NULL: the kernel; else who logs it, see klog_record_is_from() */
	const char *message_id; /* 32 digits: the program's line has this MESSAGE_ID= in the journal,
	                         * by which an index finds it alone; NULL: none */
};

struct klog_interest {
	const struct klog_anchor *anchors;
	size_t anchor_count;
	const char *opener; /* first record of a report; the text of an anchor as well */
	int opener_level;
	unsigned records_before; /* looked back at the most, if the opener is not found */
	unsigned records_after;
	/* What of such a record's grammar a text holds: a line that has it and was not understood is
	 * counted (klog_summary.unread_lines).  NULL: none is. */
	enum klog_grammar (*grammar)(const char *text, size_t length);
	int64_t usec_around;      /* context further away than this does not belong */
	const char *const *units; /* up to a NULL: whose lines are wanted besides the kernel's; what
	                           * journald suppressed of others is no loss in the system's journal */
};

/* When this boot began, in realtime, from what realtime is now: by CLOCK_BOOTTIME,
 * which goes on while the host is suspended. */
int64_t klog_boot_usec(int64_t now_usec);

enum klog_kind { KLOG_AUTO, KLOG_KMSG, KLOG_SYSLOG, KLOG_JOURNAL, KLOG_FILE, KLOG_KIND_COUNT };
const char *klog_kind_name(enum klog_kind kind); /* "kmsg", "syslog", "journal", "file" */

/*
 * Told of the host of each record of a text or an export that is looked at, in the window
 * or not, and of lines at both ends of a file, for those around the anchors may all be
 * another host's.  1 if the host is wanted, 0 if not: then what its log says it lost is not
 * counted.  A negative errno ends the reading.
 */
struct klog_host_watch {
	int (*seen)(const char *host, int64_t realtime_usec, void *data);
	void *data;
};

struct klog_query {
	int64_t since_usec; /* realtime; KLOG_TIME_UNKNOWN: from the oldest on */
	int64_t until_usec; /* realtime; KLOG_TIME_UNKNOWN: to the newest */
	/* Records around an anchor at the window's edge are yielded although they are
	 * outside; records whose time is unknown are inside. */
	const struct klog_interest *interest; /* NULL: every record */
	const struct klog_host_watch *hosts;  /* NULL: whose records they are does not matter */
	bool pasted; /* a text may have been pasted by a person: marks, prompts and the like are read over */
};

/* Why a source cannot be read, in words for on-call. */
struct klog_failure {
	int error;        /* negative errno */
	char reason[384]; /* "/dev/kmsg: Operation not permitted (kernel.dmesg_restrict=1)" */
	char remedy[384]; /* "grant CAP_SYSLOG: setcap cap_syslog+ep /usr/lib/…", or "" */
};

/* What a source held and what it cost it to tell. */
struct klog_summary {
	int64_t oldest_usec;      /* realtime of the oldest record held (not only yielded), or
	                            * KLOG_TIME_UNKNOWN */
	int64_t newest_usec;      /* a file: when it was last written to; else KLOG_TIME_UNKNOWN */
	bool not_in_window;       /* a journal that was named: all of it lies before the window, by an
	                           * hour at least, or all of it behind it */
	bool whole_boot;          /* the ring still holds this boot's first record */
	bool knows_boot;          /* the system's own journal; then: */
	int64_t boot_oldest_usec; /* since boot, of its oldest entry of this boot, or
	                           * KLOG_TIME_UNKNOWN: it has none */
	uint64_t yielded_records;
	uint64_t lost_records;   /* known to be missing in between: EPIPE, gaps in sequence,
	                            * journald's "Missed N kernel messages" in the window, what
	                            * it suppressed of units that matter (of a journal that was
	                            * named: of any), what a text log says it lost */
	uint64_t suppressed;     /* what journald suppressed of other units */
	uint64_t unread_lines;   /* a file: in a form that is not known, with the words of a record that
	                            * is looked for */
	uint64_t unread_number;  /* of the first of them, from 1 on; 0: not known */
	char unread_name[256];   /* and its file, the end of its path if that is longer */
	int64_t lost_since_usec; /* a file: realtime of the first that it lost, where it says so */
};

struct klog_source;

/*
 * Opens a source: all that needs a privilege happens here, so that the caller
 * can drop it before the first foreign byte is parsed.  `path` is NULL for the
 * system's own (journal: rootfs/var/log/journal and rootfs/run/log/journal);
 * a directory or file for KLOG_JOURNAL; a file for KLOG_FILE, where its
 * rotated siblings are read too, as far back as the window reaches.  Paths the
 * caller gives are taken as they are, without rootfs.
 * 0, or a negative errno with *failure filled.  Close with klog_close().
 */
int klog_open(struct klog_source **ret, enum klog_kind kind, const char *path, const struct file_roots *roots,
	      struct klog_failure *failure);
void klog_close(struct klog_source *source);

const char *klog_source_name(const struct klog_source *source); /* "kmsg", "journal", "/var/log/kern.log" */

/* Lets the reading of large log files remember what was searched, see klog/searched.h.
 * `memory` is the caller's and lives as long as the source; NULL: nothing is remembered. */
struct klog_search_memory;
void klog_remember_searches(struct klog_source *source, const struct klog_search_memory *memory);

/* Called for each record; what it points to is gone afterwards.  Non-zero
 * stops the reading and is returned by klog_read(). */
typedef int (*klog_record_fn)(const struct klog_record *record, void *data);

/*
 * Reads a source once, from its oldest record to its newest within the query.
 * 0, what the callback returned, or a negative errno with *failure filled
 * (records yielded before it are good; *ret_summary is filled in any case).
 */
int klog_read(struct klog_source *source, const struct klog_query *query, klog_record_fn record_fn,
	      void *data, struct klog_summary *ret_summary, struct klog_failure *failure);

#endif
