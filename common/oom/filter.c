/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/cursor.h"
#include "oom/lines.h"
#include "oom/parser.h"

/*
 * The lines that suffice to find every kill, with the level that kernels from 2.6 to 7.x print them
 * at. "oom-kill:" and "oom_reaper:" matter only if the Killed line was lost; at level 6 there are
 * too many records to look for them by an index.
 */
static const struct klog_match matches[] = {
	{ "Killed process ", 3, NULL, NULL, "Ki" },
	{ "OOM killed process ", 3, NULL, NULL, "OO" },                 /* OpenVZ, Virtuozzo 6 */
	{ "Kill process ", 3, NULL, NULL, "Ki" },                       /* announcement, 2.6.36 to 5.0 */
	{ "kill process ", 3, NULL, NULL, "ll" },                       /* before that */
	{ "VM: killing process ", KLOG_NOT_INDEXED, NULL, NULL, "VM" }, /* older than any journal */
	{ "oom-kill:constraint=", KLOG_NOT_INDEXED, NULL, NULL, "ll" },
	{ "invoked oom-killer", KLOG_NOT_INDEXED, NULL, NULL, "ll" }, /* a report without a victim */
	{ "oom_reaper: reaped process ", KLOG_NOT_INDEXED, NULL, NULL, "m_" },
	/* lines whose blanks or case have been changed */
	{ "TOTAL-VM:", KLOG_NOT_INDEXED, NULL, NULL, "VM" },
	{ "OOM-KILL", KLOG_NOT_INDEXED, NULL, NULL, "OO" },
	/* systemd logs much more than this; its message IDs are in systemd/sd-messages.h */
	{ "killed by the OOM killer", KLOG_UNKNOWN, "systemd", "fe6faa94e7774663a0da52717891d8ef", "OO" },
	{ "OOM killer killed some", KLOG_UNKNOWN, "systemd", "fe6faa94e7774663a0da52717891d8ef", "OO" },
	{ "Failed with result 'oom-kill'", KLOG_UNKNOWN, "systemd", "d9b373ed55a64feb8242e02dbe79a49c",
	  "ll" },
	{ "systemd-oomd killed ", KLOG_UNKNOWN, "systemd", "d989611b15e44c9dbf31e3c81256e4ed", "ll" },
	{ "Killed /", KLOG_UNKNOWN, "systemd-oomd", NULL, "Ki" },
	{ "Marked /", KLOG_UNKNOWN, "systemd-oomd", NULL, "rk" },
	{ "sending SIG", KLOG_UNKNOWN, "earlyoom", NULL, "SI" },
	{ "illing process ", KLOG_UNKNOWN, "earlyoom", NULL, "ll" },
	{ "kill failed: ", KLOG_UNKNOWN, "earlyoom", NULL, "ll" },
	{ "dryrun, not actually sending", KLOG_UNKNOWN, "earlyoom", NULL, "ll" },
};

/* init.scope is systemd itself, which reports units in which an OOM killer killed; systemd-machined
 * names the VMs. */
static const char *const units[] = { "init.scope", "systemd-oomd.service", "earlyoom.service",
				     "systemd-machined.service", NULL };

/* The end of the pid in the first "Killed process 42 (", "OOM killed process 42 (" or "Killed
 * process 42, UID" in text[from..), but not in a sentence about such a line. NULL if there is
 * none. */
static const char *find_killed(const char *text, const char *from, const char *end)
{
	static const char words[] = "illed process ";

	for (const char *at; (at = memmem(from, (size_t)(end - from), words, sizeof(words) - 1)) != NULL;) {
		const bool is_verb =
			at > text && (at[-1] == 'K' || (at - text >= 5 && memcmp(at - 5, "OOM k", 5) == 0));
		const char *digits = at + sizeof(words) - 1;

		from = digits;
		while (from < end && *from >= '0' && *from <= '9')
			from++;
		if (is_verb && from > digits && end - from >= 2 &&
		    (from[0] == ',' || (from[0] == ' ' && from[1] == '(')))
			return from;
	}
	return NULL;
}

/* Whether another record follows a Killed line whose pid ends at `from`. */
static bool is_followed(const char *text, const char *from, const char *end)
{
	static const char *const words[] = { "oom-kill:constraint=", "oom_reaper: reaped process " };
	bool follows = find_killed(text, from, end) != NULL;

	for (size_t i = 0; i < ARRAY_SIZE(words) && !follows; i++)
		follows = memmem(from, (size_t)(end - from), words[i], strlen(words[i])) != NULL;
	return follows;
}

/* Whether the text before the verb can be the name of a process: 15 bytes, or four times as many if
 * a syslog daemon has escaped them. */
static bool has_invoker(const char *text, size_t length)
{
	const char *verb = memmem(text, length, " invoked oom-killer", strlen(" invoked oom-killer"));

	return verb == NULL || verb - text <= (memchr(text, '#', (size_t)(verb - text)) != NULL ? 60 : 15);
}

/* Whether a text that is not a kernel line is one that was altered: it begins like one, apart from
 * case and blanks, and holds words that other texts do not. */
static bool is_rewritten(const char *text, size_t length)
{
	static const char *const firsts[] = { "out", "memory", "killed", "oom-kill" };
	static const char *const words[] = { "total-vm:", "TOTAL-VM:", "oom-kill:constraint=",
					     "OOM-KILL:CONSTRAINT=" };
	struct cursor c = { text, text + length };
	bool begins = false, holds = false;

	if (c.at < c.end && *c.at == '[') {
		const char *close = memchr(c.at, ']', length);

		c.at = close != NULL ? close + 1 : c.end;
	}
	while (c.at < c.end && !((*c.at | 0x20) >= 'a' && (*c.at | 0x20) <= 'z'))
		c.at++;
	for (size_t i = 0; i < ARRAY_SIZE(firsts) && !begins; i++)
		begins = (size_t)(c.end - c.at) > strlen(firsts[i]) &&
			 strncasecmp(c.at, firsts[i], strlen(firsts[i])) == 0;
	for (size_t i = 0; i < ARRAY_SIZE(words) && begins && !holds; i++)
		holds = memmem(text, length, words[i], strlen(words[i])) != NULL;
	return holds;
}

static enum klog_grammar grammar(const char *text, size_t length)
{
	static const char *const words[] = { "oom-kill:constraint=", "invoked oom-killer: gfp_mask=",
					     " are going to be killed due to memory.oom.group set",
					     " killed as a result of limit of " };
	const char *end = text + length, *killed = find_killed(text, text, end);
	bool holds = killed != NULL;
	struct oom_kill kill;
	struct oom_line_reason reason;

	for (size_t i = 0; i < ARRAY_SIZE(words) && !holds; i++)
		holds = memmem(text, length, words[i], strlen(words[i])) != NULL;
	if (!holds && oom_line_kind(text, length, false) != OOM_LINE_OTHER)
		return KLOG_GRAMMAR_BESIDE;
	if (!holds)
		return is_rewritten(text, length) ? KLOG_GRAMMAR_LINES : KLOG_GRAMMAR_NONE;
	oom_kill_init(&kill);
	switch (oom_line_kind(text, length, false)) {
	case OOM_LINE_KILLED:
		if (!oom_line_killed(text, length, &kill, &reason) || reason.prefix == OOM_PREFIX_UNKNOWN)
			return KLOG_GRAMMAR_WITHIN;
		return killed != NULL && is_followed(text, killed, end) ? KLOG_GRAMMAR_LINES
									: KLOG_GRAMMAR_LINE;
	case OOM_LINE_HEADER:
		if (!has_invoker(text, length))
			return KLOG_GRAMMAR_WITHIN;
		return killed != NULL ? KLOG_GRAMMAR_LINES : KLOG_GRAMMAR_LINE;
	case OOM_LINE_OTHER:
		return KLOG_GRAMMAR_WITHIN;
	default:
		return killed != NULL ? KLOG_GRAMMAR_LINES : KLOG_GRAMMAR_LINE;
	}
}

const struct klog_filter oom_filter = {
	.matches = matches,
	.match_count = ARRAY_SIZE(matches),
	.header = "invoked oom-killer",
	.header_level = 4,
	.records_before = 64, /* a rate-limited kill has no header; a memcg report has 40 to 110 records */
	.records_after = 8,
	.units = units,
	.grammar = grammar,
	.usec_around = 120 * INT64_C(1000000), /* a report printed over a serial console */
};
