/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "oom/userspace.h"

#include "base/array.h"

#define SIGTERM_NUMBER 15
#define SIGKILL_NUMBER 9

enum oom_oomd_line oom_oomd_line(const char *text, size_t length, struct oom_kill *kill,
				 struct piece *ret_cgroup)
{
	static const struct {
		enum oom_oomd_line kind;
		const char *start, *end;
	} forms[] = {
		{ OOM_OOMD_KILLED, "Killed ", " due to memory " },
		{ OOM_OOMD_KILLED, "Killed ", " due to swap " },
		{ OOM_OOMD_MARKED, "Marked ", " for killing due to memory " },
	};
	const struct cursor line = cursor_trimmed(text, length);

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct cursor path = line;
		const char *name;

		if (!cursor_take(&path, forms[i].start) || !cursor_starts(&path, "/"))
			continue;
		path.end = cursor_find(&path, forms[i].end);
		if (path.end == NULL)
			continue;
		name = cursor_find_last(&path, "/") + 1;
		cursor_copy((struct piece){ name, (size_t)(path.end - name) }, kill->comm,
			    sizeof(kill->comm));
		kill->killer = OOM_KILLER_SYSTEMD_OOMD;
		*ret_cgroup = (struct piece){ path.at, cursor_left(&path) };
		return forms[i].kind;
	}
	return OOM_OOMD_OTHER;
}

bool oom_unit_oomd_killed(const char *text, size_t length, struct oom_kill *kill, struct piece *ret_unit)
{
	static const char verb[] = ": systemd-oomd killed ";
	struct cursor line = cursor_trimmed(text, length);
	const char *end = cursor_find(&line, verb);
	struct piece unit;
	int64_t count;

	if (end == NULL)
		return false;
	unit = (struct piece){ line.at, (size_t)(end - line.at) };
	line.at = end + strlen(verb);
	if ((!cursor_take(&line, "some") && !cursor_take_number(&line, &count)) ||
	    !cursor_starts(&line, " process(es) in this unit") || unit.length == 0 ||
	    memchr(unit.at, ' ', unit.length) != NULL || memchr(unit.at, '/', unit.length) != NULL)
		return false;
	cursor_copy(unit, kill->comm, sizeof(kill->comm));
	kill->killer = OOM_KILLER_SYSTEMD_OOMD;
	kill->by_unit = true;
	*ret_unit = unit;
	return true;
}

/* Takes the quoted name. It may hold quotes itself, so it ends at a text that can follow a name. */
static bool take_quoted_name(struct cursor *line, struct oom_kill *kill)
{
	static const char *const ends[] = { "\": badness ", "\": oom_score ", "\" with signal " };
	const char *end = NULL;

	cursor_skip_blanks(line);
	if (!cursor_take(line, "\""))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		const char *at = cursor_find(line, ends[i]);

		if (at != NULL && (end == NULL || at < end))
			end = at;
	}
	if (end == NULL)
		return false;
	cursor_copy((struct piece){ line->at, (size_t)(end - line->at) }, kill->comm, sizeof(kill->comm));
	line->at = end + 1;
	return true;
}

static void find_oom_score_adj(const struct cursor *line, struct oom_kill *kill)
{
	static const char key[] = ", oom_score_adj ";
	const char *at = cursor_find(line, key);
	int64_t value;

	if (at == NULL)
		return;
	at += strlen(key);
	if (number_parse_i64(at, (size_t)(line->end - at), &value) > 0 && value >= -1000 && value <= 1000) {
		kill->has_oom_score_adj = true;
		kill->oom_score_adj = (int)value;
	}
}

/* Finds ", VmRSS 5 MiB", which earlyoom rounds down. */
static void find_rss(const struct cursor *line, struct oom_kill *kill)
{
	static const char key[] = ", VmRSS ";
	const char *at = cursor_find(line, key);
	struct cursor number;
	int64_t mib, kb;

	if (at == NULL)
		return;
	number = (struct cursor){ at + strlen(key), line->end };
	if (cursor_take_number(&number, &mib) && cursor_starts(&number, " MiB") &&
	    !__builtin_mul_overflow(mib, 1024, &kb))
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
	if (cursor_take(&line, " uid "))
		cursor_take_number(&line, &kill->uid);
	if (!take_quoted_name(&line, kill))
		return false;
	find_oom_score_adj(&line, kill);
	find_rss(&line, kill);
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
	find_rss(&line, kill);
	kill->pid = pid;
	return true;
}

enum oom_earlyoom_line oom_earlyoom_line(const char *text, size_t length, struct oom_kill *kill)
{
	/* "Timer expired": the process was signalled, but has not exited within ten seconds, as a
	 * large VM needs longer. If SIGKILL comes too late and fails, the process was signalled as
	 * well. */
	static const struct {
		const char *start;
		enum oom_earlyoom_line kind;
	} starts[] = {
		{ "kill failed: Timer expired", OOM_EARLYOOM_DONE },
		{ "kill failed: ", OOM_EARLYOOM_FAILED },
		{ "dryrun, not actually sending any signal", OOM_EARLYOOM_FAILED },
		{ "escalating to SIGKILL ", OOM_EARLYOOM_DONE },
		{ "process ",
		  OOM_EARLYOOM_DONE }, /* "process exited after", "process 7 exited", "… did not exit" */
	};
	struct cursor line = cursor_trimmed(text, length);
	bool is_victim;

	if (cursor_take(&line, "sending "))
		is_victim = take_sending(line, kill);
	else if (cursor_take(&line, "killing process ") || cursor_take(&line, "Killing process "))
		is_victim = take_killing(line, kill);
	else
		is_victim = false;
	if (is_victim) {
		kill->killer = OOM_KILLER_EARLYOOM;
		return OOM_EARLYOOM_SENDING;
	}
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		if (cursor_starts(&line, starts[i].start))
			return starts[i].kind;
	}
	return OOM_EARLYOOM_OTHER;
}
