/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_HOST_FIELDS_H
#define OOM_HOST_FIELDS_H
/*
 * Internal to host/: reads files of named numbers, one per line, in one pass, with a table that
 * maps names to members of a struct.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/array.h"
#include "base/file.h"
#include "base/text.h"
#include "host/value.h"

/*
 * For the path of a file in /proc or /sys below the configured roots. Each page of stack that is
 * touched is a page fault, and page faults are most of a check's cost.
 */
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
 * Sets every member of *ret that is in the table to its number, or to HOST_ABSENT. Only lines that
 * start with `prefix` count ("" mostly, "Node 1 " in a node's meminfo). Returns 0; -EBADMSG for a
 * line that is cut short, a missing required field or a value that is not a number; -ERANGE for a
 * value above HOST_VALUE_MAX. On failure *ret_why has the reason.
 */
int host_fields_parse(const struct host_table *table, const char *prefix, const char *text, size_t length,
		      void *ret, struct text *ret_why);

/* Parses one number and a newline, as in most files of /sys. Returns 0, -EBADMSG or -ERANGE. */
int host_number_parse(const char *text, size_t length, uint64_t *ret);

/* Appends "PATH: WHY" to *error (may be NULL) and returns r. `why` NULL means strerror(-r). */
int host_complain(struct text *error, const char *path, int r, const char *why);

/*
 * file_read() with the reason of a failure in *error. Returns -ENODATA for an empty file: no file
 * read here is ever empty.
 */
ssize_t host_read(const char *path, char *buffer, size_t size, struct text *error);

/* Reads and parses a whole file of fields. */
int host_fields_read(const char *path, const struct host_table *table, const char *prefix, void *ret,
		     struct text *error);

/* The same for a file of /proc that does not fit a stack: "/vmstat". */
int host_fields_read_large(const char *name, const struct host_table *table, void *ret,
			   const struct file_roots *roots, struct text *error);

/* Reads a file of one number. */
int host_number_read(const char *path, uint64_t *ret, struct text *error);

#endif
