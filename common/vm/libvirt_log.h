/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_LIBVIRT_LOG_H
#define OOM_VM_LIBVIRT_LOG_H
/* Internal to vm/: /var/log/libvirt/qemu/NAME.log. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How much of the end of the file is read. A start logs its command line, 5 to 20 KiB, so the tail
 * covers a few restarts after the kill. virtlogd starts a new file at 2 MiB.
 */
#define VM_LIBVIRT_LOG_TAIL 65536
#define VM_LIBVIRT_LOG_MAX  1048576

struct vm_libvirt_log {
	/*
	 * The reason that libvirt logged for an end of the domain around the given time: "crashed"
	 * for an end that it did not request, "shutdown", "destroyed", ...; "unknown" before
	 * libvirt 2.3, which logged no reason; "" if there is no end around that time.
	 */
	char reason[24];
	/*
	 * From the command line of the last start before that end, or before the given time if the
	 * domain ran on:
	 */
	bool ran;
	char uuid[37]; /* "" if unknown */
	char id[12];   /* libvirt's, from /domain-ID-NAME/ */
	/* The last event before the given time is an end, long before it: it was not running. */
	bool was_off;
	/* The whole file is later than the given time. */
	bool is_later;
};

/*
 * Reads what the log contains about the domain at the given time, from at most `max` bytes at its
 * end. Returns 0, or a negative errno and an empty *ret.
 */
int vm_libvirt_log_read(struct vm_libvirt_log *ret, const char *path, int64_t realtime_usec, size_t max);

#endif
