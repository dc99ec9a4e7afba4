/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oom/userspace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

#define SIGTERM_NUMBER 15
#define SIGKILL_NUMBER 9

static int add_kill(const struct oom_target *target, struct oom_kill *kill, struct cursor cgroup)
{
	int r = 0;

	if (cgroup.at != NULL) {
		kill->cgroup = strndup(cgroup.at, cursor_left(&cgroup));
		r = kill->cgroup != NULL ? 0 : -ENOMEM;
	}
	return oom_target_add(target, kill) < 0 ? -ENOMEM : r;
}

/*
 * systemd-oomd, src/oom/oomd-manager.c: "Killed /a.slice/b.scope due to memory pressure for …"
 * (248), "… due to memory used (…", "Marked /a for killing due to …" (since then 260). A mark is no
 * kill yet: a hook may prevent it (systemd.resource-control(5)). What its rules do (OOMRules=, 261)
 * is logged in other words.
 */
static int feed_oomd(struct oom_userspace *userspace, const struct klog_record *record,
		     const struct oom_target *target)
{
	static const struct {
		const char *start, *end;
		bool is_mark;
	} forms[] = {
		{ "Killed ", " due to memory ", false },
		{ "Killed ", " due to swap ", false },
		{ "Marked ", " for killing due to memory ", true },
	};
	const struct cursor line = cursor_trimmed(record->text, record->text_length);

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct cursor path = line;
		struct oom_kill kill;
		const char *name;

		if (!cursor_take(&path, forms[i].start) || !cursor_starts(&path, "/"))
			continue;
		path.end = cursor_find(&path, forms[i].end);
		if (path.end == NULL)
			continue;
		if (forms[i].is_mark) {
			oom_marks_add(&userspace->marks, record, path);
			return 0;
		}
		oom_kill_begin(&kill, record);
		name = cursor_find_last(&path, "/") + 1;
		cursor_copy(&(struct cursor){ name, path.end }, kill.comm, sizeof(kill.comm));
		kill.killer = OOM_KILLER_SYSTEMD_OOMD;
		return add_kill(target, &kill, path);
	}
	return 0;
}

/*
 * systemd, src/core/cgroup.c and unit.c:
 *	UNIT: A process of this unit has been killed by the OOM killer.		(243)
 *	UNIT: The kernel OOM killer killed some processes in this unit.		(262)
 *	UNIT: systemd-oomd killed 3 process(es) in this unit.			(249)
 *	UNIT: systemd-oomd killed some process(es) in this unit.
 *	UNIT: Failed with result 'oom-kill'.
 * systemd-oomd's lines are about a unit whose cgroup is empty, and their number is that of all
 * kills in the unit so far.
 */
static bool take_unit(const struct klog_record *record, struct cursor *ret, bool *ret_by_oomd)
{
	static const struct {
		const char *text;
		bool by_oomd;
	} forms[] = {
		{ ": A process of this unit has been killed by the OOM killer", false },
		{ ": The kernel OOM killer killed some processes in this unit", false },
		{ ": systemd-oomd killed ", true },
		{ ": Failed with result 'oom-kill'", false },
	};
	struct cursor line = cursor_trimmed(record->text, record->text_length);
	const char *end = NULL;
	int64_t count;
	size_t i = 0;

	while (i < ARRAY_SIZE(forms) && (end = cursor_find(&line, forms[i].text)) == NULL)
		i++;
	if (end == NULL)
		return false;
	*ret = (struct cursor){ line.at, end };
	*ret_by_oomd = forms[i].by_oomd;
	line.at = end + strlen(forms[i].text);
	if (*ret_by_oomd && ((!cursor_take(&line, "some") && !cursor_take_number(&line, &count)) ||
			     !cursor_starts(&line, " process(es) in this unit")))
		return false;
	return cursor_left(ret) > 0 && cursor_left(ret) < OOM_UNIT_SIZE && cursor_find(ret, " ") == NULL &&
	       cursor_find(ret, "/") == NULL;
}

/* Handles what systemd reports of a unit: that systemd-oomd killed in it, or a line from which a
 * victim can be named if the kernel's own records are incomplete. */
static int feed_systemd(struct oom_userspace *userspace, const struct klog_record *record,
			const struct oom_target *target)
{
	struct oom_unit unit = { .realtime_usec = record->realtime_usec };
	struct oom_kill kill;
	struct cursor name;
	int r, r_add;

	if (!take_unit(record, &name, &unit.by_oomd))
		return 0;
	cursor_copy(&name, unit.unit, sizeof(unit.unit));
	memcpy(unit.host, target->host, sizeof(unit.host));
	r = oom_units_add(&target->list->units, &unit);
	if (!unit.by_oomd)
		return r;
	oom_kill_begin(&kill, record);
	cursor_copy(&name, kill.comm, sizeof(kill.comm));
	kill.killer = OOM_KILLER_SYSTEMD_OOMD;
	kill.by_unit = true;
	r_add = add_kill(target, &kill, oom_marks_find(&userspace->marks, record, name));
	return r < 0 ? r : r_add;
}

/* Takes the quoted name. It may hold quotes itself, so it ends at a text that can follow a name. */
static bool take_quoted_name(struct cursor *line, struct oom_kill *kill)
{
	static const char *const ends[] = { "\": badness ", "\": oom_score ", "\" with signal " };
	const char *end = NULL;

	cursor_take_blanks(line);
	if (!cursor_take(line, "\""))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		const char *at = cursor_find(line, ends[i]);

		if (at != NULL && (end == NULL || at < end))
			end = at;
	}
	if (end == NULL)
		return false;
	cursor_copy(&(struct cursor){ line->at, end }, kill->comm, sizeof(kill->comm));
	line->at = end + 1;
	return true;
}

static void find_oom_score_adj(struct cursor line, struct oom_kill *kill)
{
	int64_t value;

	if (cursor_take_past(&line, ", oom_score_adj ") && cursor_take_i64(&line, -1000, 1000, &value)) {
		kill->has_oom_score_adj = true;
		kill->oom_score_adj = (int)value;
	}
}

/* Finds ", VmRSS 5 MiB", which earlyoom rounds down. */
static void find_rss(struct cursor line, struct oom_kill *kill)
{
	int64_t mib, kb;

	if (cursor_take_past(&line, ", VmRSS ") && cursor_take_number(&line, &mib) &&
	    cursor_starts(&line, " MiB") && !__builtin_mul_overflow(mib, 1024, &kb))
		kill->rss_kb = kb;
}

/* Takes "SIGTERM to process 7 uid 0 "x": …". */
static bool take_sending(struct cursor line, struct oom_kill *kill)
{
	int64_t pid;

	/* "0 (no-op signal)" is the self-test at the start */
	if ((!cursor_take(&line, "SIGTERM") && !cursor_take(&line, "SIGKILL")) ||
	    !cursor_take(&line, " to process ") || !cursor_take_number(&line, &pid))
		return false;
	if (cursor_take(&line, " uid ") && !cursor_take_number(&line, &kill->uid))
		line.at += cursor_digits(&line);
	if (!take_quoted_name(&line, kill))
		return false;
	find_oom_score_adj(line, kill);
	find_rss(line, kill);
	kill->pid = pid;
	return true;
}

/* Takes "7 "x" with signal 15: …". */
static bool take_killing(struct cursor line, struct oom_kill *kill)
{
	int64_t pid, signal_number;

	if (!cursor_take_number(&line, &pid) || !take_quoted_name(&line, kill) ||
	    !cursor_take(&line, " with signal ") || !cursor_take_number(&line, &signal_number) ||
	    (signal_number != SIGTERM_NUMBER && signal_number != SIGKILL_NUMBER))
		return false;
	find_rss(line, kill);
	kill->pid = pid;
	return true;
}

/* What a line of earlyoom means for the kill that it announced last. */
enum earlyoom_line {
	EARLYOOM_OTHER,
	EARLYOOM_SENDING, /* announces which process it will signal */
	EARLYOOM_DONE,    /* the signal was sent */
	EARLYOOM_FAILED,  /* it was not */
};

/*
 * rfjakob/earlyoom kill.c: "sending SIGTERM to process 7 uid 0 "x": …" (1.6; without the uid 1.3),
 * "killing process 7 "x" with signal 15: …" (1.2). Sets *kill for EARLYOOM_SENDING.
 */
static enum earlyoom_line read_earlyoom_line(const struct klog_record *record, struct oom_kill *kill)
{
	/* "Timer expired": the process was signalled, but has not exited within ten seconds, as a
	 * large VM needs longer. If SIGKILL comes too late and fails, the process was signalled as
	 * well. */
	static const struct {
		const char *start;
		enum earlyoom_line kind;
	} starts[] = {
		{ "kill failed: Timer expired", EARLYOOM_DONE },
		{ "kill failed: ", EARLYOOM_FAILED },
		{ "dryrun, not actually sending any signal", EARLYOOM_FAILED },
		{ "escalating to SIGKILL ", EARLYOOM_DONE },
		{ "process ",
		  EARLYOOM_DONE }, /* "process exited after", "process 7 exited", "… did not exit" */
	};
	struct cursor line = cursor_trimmed(record->text, record->text_length);
	bool is_victim;

	if (cursor_take(&line, "sending "))
		is_victim = take_sending(line, kill);
	else if (cursor_take(&line, "killing process ") || cursor_take(&line, "Killing process "))
		is_victim = take_killing(line, kill);
	else
		is_victim = false;
	if (is_victim) {
		kill->killer = OOM_KILLER_EARLYOOM;
		return EARLYOOM_SENDING;
	}
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		if (cursor_starts(&line, starts[i].start))
			return starts[i].kind;
	}
	return EARLYOOM_OTHER;
}

static int commit_earlyoom(struct oom_userspace *userspace, const struct oom_target *target)
{
	if (!userspace->earlyoom_pending)
		return 0;
	userspace->earlyoom_pending = false;
	return oom_target_add(target, &userspace->earlyoom);
}

/* earlyoom logs which process it is about to signal, and afterwards whether that failed. */
static int feed_earlyoom(struct oom_userspace *userspace, const struct klog_record *record,
			 const struct oom_target *target)
{
	struct oom_kill kill;
	int r;

	oom_kill_begin(&kill, record);
	switch (read_earlyoom_line(record, &kill)) {
	case EARLYOOM_SENDING:
		r = commit_earlyoom(userspace, target);
		userspace->earlyoom_pending = true;
		userspace->earlyoom = kill;
		return r;
	case EARLYOOM_DONE:
		return commit_earlyoom(userspace, target);
	case EARLYOOM_FAILED:
		userspace->earlyoom_pending = false;
		return 0;
	default:
		return 0;
	}
}

static const struct program {
	const char *name;
	int (*feed)(struct oom_userspace *userspace, const struct klog_record *record,
		    const struct oom_target *target);
} programs[] = {
	{ "systemd-oomd", feed_oomd },
	{ "earlyoom", feed_earlyoom },
	{ "systemd", feed_systemd },
};

bool oom_userspace_feed(struct oom_userspace *userspace, const struct klog_record *record,
			const struct oom_target *target, int *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (klog_record_is_from(record, programs[i].name)) {
			*ret = programs[i].feed(userspace, record, target);
			return true;
		}
	}
	return false;
}

int oom_userspace_flush(struct oom_userspace *userspace, const struct oom_target *target)
{
	return commit_earlyoom(userspace, target);
}
