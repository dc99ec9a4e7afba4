/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_GATHER_DESCRIBE_H
#define OOM_GATHER_DESCRIBE_H
/*
 * Describes a kill in the words that all programs use.  Foreign names are made printable.  Nothing
 * here ends a line.
 */
#include <stdint.h>

#include "base/text.h"
#include "gather/gather.h"

/* "VM instance-0000002a (web-01, project acme)", "VM 101 (web-01, proxmox)",
 * "VM of pod 6f1c… (kubevirt)", "an unnamed VM (qemu-kvm[380])", "swtpm[381] of
 * VM vm1", "process java[4711]". */
void describe_victim(struct text *text, const struct gather_kill *kill);

/* The first line, with names shortened if it would be too long: "VM instance-0000002a killed by the
 * OOM killer at 21:36:05 +07:00: 15.9 GiB RSS, host out of memory, 61 MiB of 64 GiB free". */
void describe_headline(struct text *text, const struct gather_kill *kill, int64_t now_usec);

/* One line with everything known, without the newline. */
void describe_kill(struct text *text, const struct gather_kill *kill);

/* " (acknowledged by alice: ticket 4711)", " (unconfirmed: ...)", or nothing. */
void describe_standing(struct text *text, const struct gather_request *request,
		       const struct gather_kill *kill);

/* ", known from cgroup, libvirt-defined", or nothing.  For verbose output. */
void describe_origins(struct text *text, const struct vm_identity *vm);

/* " in the last 24 h", " in the window", " on record" */
void describe_window(struct text *text, const struct gather_request *request);

/* What was read and how far back it goes: "kmsg since boot 3 days ago, counter agrees". */
void describe_coverage(struct text *text, const struct gather_request *request,
		       const struct gather_result *result);

/* One line per source: "source kmsg: 345 records, oldest 2026-…, 0 lost". */
void describe_source(struct text *text, const struct gather_source_status *status);

/* Why a part of the window is not covered (gap GATHER_GAP_BLIND), and the remedy: "/dev/kmsg:
 * Operation not permitted (…); journal: …. Grant CAP_SYSLOG: …, or add …". */
void describe_blindness(struct text *text, const struct gather_request *request,
			const struct gather_result *result);

/* `separator` and clauses about kills of other hosts that were left out and about a host that was
 * assumed to be this host; nothing if there are neither. */
void describe_hosts(struct text *text, const char *separator, const struct gather_result *result);

/* Local time: "2026-11-22 21:36:05 +07:00". */
void describe_time(struct text *text, int64_t realtime_usec);

#endif
