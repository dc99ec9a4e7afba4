/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "oom/parser.h"

/*
 * The lines that are enough to find every kill, each with the level that
 * kernels from 2.6 to 7.x give it.  "oom-kill:" and "oom_reaper:" matter only
 * where the killed line was lost; at level 6 they are too common to be looked
 * for by an index.
 */
static const struct klog_anchor anchors[] = {
	{ "Killed process ", 3, NULL },
	{ "Kill process ", 3, NULL },                       /* announcement, 2.6.36 to 5.0 */
	{ "kill process ", 3, NULL },                       /* before that */
	{ "VM: killing process ", KLOG_NOT_INDEXED, NULL }, /* older than any journal */
	{ "oom-kill:constraint=", KLOG_NOT_INDEXED, NULL },
	{ "oom_reaper: reaped process ", KLOG_NOT_INDEXED, NULL },
	{ "Killed /", KLOG_UNKNOWN, "systemd-oomd" },
	{ "Marked /", KLOG_UNKNOWN, "systemd-oomd" },
	{ "sending SIG", KLOG_UNKNOWN, "earlyoom" },
	{ "illing process ", KLOG_UNKNOWN, "earlyoom" },
	{ "kill failed: ", KLOG_UNKNOWN, "earlyoom" },
	{ "dryrun, not actually sending", KLOG_UNKNOWN, "earlyoom" },
};

/* init.scope is systemd itself, which tells of units that an OOM killer ended;
 * systemd-machined names the VMs. */
static const char *const units[] = { "init.scope", "systemd-oomd.service", "earlyoom.service",
				     "systemd-machined.service", NULL };

const struct klog_interest oom_interest = {
	.anchors = anchors,
	.anchor_count = ARRAY_SIZE(anchors),
	.opener = "invoked oom-killer",
	.opener_level = 4,
	.records_before = 64, /* a rate-limited kill has no opener; a memcg report has 40 to 110 records */
	.records_after = 8,
	.units = units,
	.usec_around = 120 * INT64_C(1000000), /* a report over a serial console */
};
