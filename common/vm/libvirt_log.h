/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_LIBVIRT_LOG_H
#define OOM_VM_LIBVIRT_LOG_H
/* Inside this room only: /var/log/libvirt/qemu/NAME.log. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How far back from the file's end is read.  A start logs its command line, 5
 * to 20 KiB: the tail has some restarts after the kill, and virtlogd starts a new
 * file at 2 MiB. */
#define VM_LIBVIRT_LOG_TAIL 65536
#define VM_LIBVIRT_LOG_MAX  1048576

struct vm_libvirt_log {
	/* Why libvirt says the domain ended around the moment: "crashed" for an end
	 * that it did not ask for, "shutdown", "destroyed", ..., "unknown" before
	 * libvirt 2.3, which gave no reason; "" where it ended at no such time. */
	char reason[24];
	/* By the command line of the last start before that end, or before the moment
	 * where the domain ran on: */
	bool ran;
	char uuid[37]; /* "" not told */
	char id[12];   /* libvirt's, by /domain-ID-NAME/ */
	/* The last that it tells of before is an end, long before: it did not run then. */
	bool was_off;
	/* All of the file is later than the moment. */
	bool is_later;
};

/* Reads what the log tells of the domain at a moment, from up to `max` bytes at its
 * end.  0, or the errno of reading: *ret is empty then. */
int vm_libvirt_log_read(struct vm_libvirt_log *ret, const char *path, int64_t realtime_usec, size_t max);

#endif
