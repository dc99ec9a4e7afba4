/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_FIELDS_H
#define OOM_HOST_FIELDS_H
/*
 * Inside this room only: files of named numbers, one a line, read in one pass
 * by a table of name -> place in a struct.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/array.h"
#include "base/file.h"
#include "base/text.h"
#include "host/value.h"

/* Of a file of /proc or /sys below its roots.  Every page of stack that is
 * touched is a page fault, and faults are most of what a check costs. */
#define HOST_PATH_MAX        1024
#define HOST_CGROUP_FILE_MAX 4096 /* a file of a cgroup, whose path may be long */

enum host_format {
	HOST_COLON, /* "MemTotal:  24684096 kB": /proc/meminfo, /proc/PID/status */
	HOST_SPACE, /* "oom_kill 3": /proc/vmstat, memory.events, memory.stat */
	HOST_KSTAT, /* "size  4  8589934592": name, type, value in /proc/spl */
};

struct host_field {
	const char *name;
	size_t offset; /* of a uint64_t in the caller's struct */
	bool required; /* every kernel writes it: a file without it was cut short */
};

struct host_table {
	enum host_format format;
	const struct host_field *fields;
	size_t count;
};

#define HOST_TABLE(format, fields)                 \
	{                                          \
		format, fields, ARRAY_SIZE(fields) \
	}

/*
 * Sets every field of *ret that the table knows: to its number, or to
 * HOST_ABSENT.  A line must start with `prefix` ("" mostly, "Node 1 " in a
 * node's meminfo).  Returns 0; -EBADMSG for a line cut short, a required field
 * that is missing or a value that is no number; -ERANGE for one above
 * HOST_VALUE_MAX.  *ret_why then says what is wrong.
 */
int host_fields_parse(const struct host_table *table, const char *prefix, const char *text, size_t length,
		      void *ret, struct text *ret_why);

/* One number and a newline, as most of /sys: 0, -EBADMSG or -ERANGE. */
int host_number_parse(const char *text, size_t length, uint64_t *ret);

/* Appends "PATH: WHY" and returns r; `why` NULL: what errno -r means. */
int host_complain(struct text *error, const char *path, int r, const char *why);

/* file_read(), but with a complaint; an empty file is -ENODATA: no file of
 * this room is ever empty. */
ssize_t host_read(const char *path, char *buffer, size_t size, struct text *error);

/* Reads and parses a whole file of fields. */
int host_fields_read(const char *path, const struct host_table *table, const char *prefix, void *ret,
		     struct text *error);

/* Reads a file of one number. */
int host_number_read(const char *path, uint64_t *ret, struct text *error);

#endif
