/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_VM_LIBVIRT_LOG_H
#define OOM_VM_LIBVIRT_LOG_H
/* Inside this room only: /var/log/libvirt/qemu/NAME.log. */
#include <stddef.h>
#include <stdint.h>

/* How far back from the file's end is read.  A start logs its command line, 5
 * to 20 KiB: so much is some restarts after the kill. */
#define VM_LIBVIRT_LOG_TAIL 65536

/*
 * Why libvirt says the domain ended around this moment: "crashed" for an end
 * that it did not ask for, "shutdown", "destroyed", …, "unknown" before
 * libvirt 2.3, which gave no reason.  0; -ENOENT where it ended at no such
 * time, or the errno of reading.
 */
int vm_libvirt_log_reason(const char *path, int64_t realtime_usec, char *ret_reason, size_t size);

#endif
