/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lines that name a victim.
 *
 *     2.4, 2.6      Out of Memory: Killed process 7 (x).
 *     EL5           Out of memory: Killed process 7, UID 0, (x).
 *     2.6.27        Killed process 7 (x)
 *     2.6.34        Killed process 7 (x) vsz:1kB, anon-rss:1kB, file-rss:1kB
 *     EL6           Killed process 7, UID 0, (x) total-vm:1kB, …
 *     2.6.36        Killed process 7 (x) total-vm:1kB, anon-rss:1kB, file-rss:1kB
 *     EL7           Killed process 7 (x), UID 0, total-vm:1kB, …
 *     4.5           … file-rss:1kB, shmem-rss:1kB
 *     5.1           Out of memory: Killed process 7 (x) total-vm:1kB, …
 *     5.4           … shmem-rss:1kB, UID:0 pgtables:1kB oom_score_adj:0
 *     OpenVZ 6      Out of memory in UB 101: OOM killed process 7 (x) score 0 vm:1kB, rss:1kB, swap:1kB
 *
 * A name may hold any bytes, so it ends at the last text that can follow a name.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>

#include "base/array.h"
#include "base/text.h"
#include "oom/lines.h"

#define PREFIX_MAX 64 /* of a vendor's prefix; a longer text is not one */

static const struct {
	const char *text;
	struct oom_line_reason reason;
} prefixes[] = {
	{ "Out of memory: ", { OOM_PREFIX_HOST, OOM_CONSTRAINT_UNKNOWN, 0 } },
	{ "Memory cgroup out of memory: ", { OOM_PREFIX_MEMCG, OOM_CONSTRAINT_MEMCG, 0 } },
	{ "Out of memory (oom_kill_allocating_task): ", { OOM_PREFIX_HOST, OOM_CONSTRAINT_UNKNOWN, 0 } },
	{ "Out of Memory: ", { OOM_PREFIX_HOST, OOM_CONSTRAINT_UNKNOWN, 0 } },
	/* until 2.6.35 constraints had texts of their own */
	{ "No available memory (MPOL_BIND): ", { OOM_PREFIX_HOST, OOM_CONSTRAINT_MEMPOLICY, 0 } },
	{ "No available memory in cpuset: ", { OOM_PREFIX_HOST, OOM_CONSTRAINT_CPUSET, 0 } },
};

/* A vendor's prefix is a few plain words. A colon in it means that a driver quotes a string of its
 * device ("usb 1-1: Product: Out of memory: Killed …"). */
static bool is_vendor_prefix(struct cursor prefix)
{
	if (cursor_left(&prefix) > PREFIX_MAX)
		return false;
	for (const char *at = prefix.at; at < prefix.end; at++) {
		if (!isalnum((unsigned char)*at) && strchr(" ()_-./", *at) == NULL)
			return false;
	}
	return true;
}

/* Takes prefix and verb: "Out of memory: Killed process ". */
static bool take_verb(struct cursor *line, const char *verb, struct oom_line_reason *ret)
{
	const char *at;

	if (cursor_take(line, verb)) {
		*ret = (struct oom_line_reason){ OOM_PREFIX_NONE, OOM_CONSTRAINT_UNKNOWN, 0 };
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		struct cursor rest = *line;

		if (cursor_take(&rest, prefixes[i].text) && cursor_take(&rest, verb)) {
			*line = rest;
			*ret = prefixes[i].reason;
			return true;
		}
	}
	at = cursor_find(line, verb);
	if (at == NULL || at - line->at < 3 || at[-1] != ' ' || at[-2] != ':' ||
	    !is_vendor_prefix((struct cursor){ line->at, at - 2 }))
		return false;
	line->at = at + strlen(verb);
	*ret = (struct oom_line_reason){ OOM_PREFIX_UNKNOWN, OOM_CONSTRAINT_UNKNOWN, 0 };
	return true;
}

/* OpenVZ reports the limit of a container or, for UB 0, the memory of the host. */
static bool take_openvz_verb(struct cursor *line, struct oom_line_reason *ret)
{
	static const char verb[] = "OOM killed process ";
	struct cursor rest = *line;
	int64_t container;

	if (!cursor_take(&rest, "Out of memory in UB "))
		return take_verb(line, verb, ret) && ret->prefix != OOM_PREFIX_UNKNOWN;
	if (!cursor_take_number(&rest, &container) || !cursor_take(&rest, ": ") || !cursor_take(&rest, verb))
		return false;
	*line = rest;
	if (container > 0)
		*ret = (struct oom_line_reason){ OOM_PREFIX_MEMCG, OOM_CONSTRAINT_MEMCG, container };
	else
		*ret = (struct oom_line_reason){ OOM_PREFIX_HOST, OOM_CONSTRAINT_UNKNOWN, 0 };
	return true;
}

int oom_line_apply_reason(const struct oom_line_reason *reason, struct oom_kill *kill)
{
	TEXT_ON_STACK(limit, 40);

	if (kill->constraint != OOM_CONSTRAINT_UNKNOWN)
		return 0;
	kill->constraint = reason->constraint;
	kill->not_memcg = reason->prefix == OOM_PREFIX_HOST;
	if (reason->container == 0 || kill->limit_cgroup)
		return 0;
	text_printf(&limit, "container %lld", (long long)reason->container);
	kill->limit_cgroup = strdup(limit.data);
	return kill->limit_cgroup ? 0 : -ENOMEM;
}

/* Takes "12kB". Without the unit, the line may have been cut within the digits. */
static bool take_kb(struct cursor *line, int64_t *ret)
{
	int64_t value;

	if (!cursor_take_number(line, &value) || !cursor_starts(line, "k"))
		return false;
	*ret = value;
	return true;
}

static void take_oom_score_adj(struct cursor *line, struct oom_kill *kill)
{
	int64_t value;

	if (!cursor_take_i64(line, -1000, 1000, &value))
		return;
	kill->has_oom_score_adj = true;
	kill->oom_score_adj = (int)value;
}

/* Takes "total-vm:1kB, anon-rss:1kB, … UID:0 pgtables:1kB oom_score_adj:0". Other programs may have
 * removed the blanks after the commas. */
static void take_sizes(struct cursor *line, struct oom_kill *kill)
{
	const struct {
		const char *name;
		int64_t *value;
	} sizes[] = {
		{ "total-vm:", &kill->total_vm_kb },   { "vsz:", &kill->total_vm_kb },
		{ "anon-rss:", &kill->anon_rss_kb },   { "file-rss:", &kill->file_rss_kb },
		{ "shmem-rss:", &kill->shmem_rss_kb }, { "pgtables:", &kill->pgtables_kb },
		{ "vm:", &kill->total_vm_kb },         { "rss:", &kill->rss_kb }, /* OpenVZ */
	};

	while (line->at < line->end) {
		int64_t uid;
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(sizes) && !known; i++) {
			known = cursor_take(line, sizes[i].name);
			if (known)
				take_kb(line, sizes[i].value);
		}
		if (!known && cursor_take(line, "UID:")) {
			if (cursor_take_number(line, &uid) &&
			    (cursor_starts(line, " ") || cursor_starts(line, ",")))
				kill->uid = uid;
		} else if (!known && cursor_take(line, "oom_score_adj:")) {
			take_oom_score_adj(line, kill);
		}
		while (line->at < line->end && *line->at != ' ' && *line->at != ',')
			line->at++;
		while (line->at < line->end && (*line->at == ' ' || *line->at == ','))
			line->at++;
	}
}

/*
 * Takes the name after "(". `marks` are the texts that can follow it, each with the bracket. The
 * rightmost one ends the name: a name may hold such a text, but the sizes after it may not.
 */
static void take_comm(struct cursor *line, struct oom_kill *kill)
{
	static const char *const marks[] = { ") total-vm:", ") vsz:", "), UID ", ") score ", ") vm:" };
	const char *end = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		const char *at = cursor_find_last(line, marks[i]);

		if (at != NULL && (end == NULL || at > end))
			end = at;
	}
	if (end == NULL)
		end = cursor_find_last(line, ")");
	if (end == NULL) {
		/* cut within the name; journalctl's pager marks that with '>' */
		kill->comm_is_cut = true;
		end = line->end;
		if (end > line->at && end[-1] == '>')
			end--;
	}
	cursor_copy(&(struct cursor){ line->at, end }, kill->comm, sizeof(kill->comm));
	line->at = end < line->end ? end + 1 : end;
}

/* Takes ", UID 0, " (EL5, EL6: before the name; EL7: after it). */
static bool take_el_uid(struct cursor *line, struct oom_kill *kill)
{
	int64_t uid;

	if (!cursor_take(line, ", UID ") || !cursor_take_number(line, &uid))
		return false;
	kill->uid = uid;
	cursor_take(line, ",");
	cursor_take_blanks(line);
	return true;
}

bool oom_line_killed(const char *text, size_t length, struct oom_kill *kill,
		     struct oom_line_reason *ret_reason)
{
	struct cursor line = cursor_trimmed(text, length);
	struct oom_line_reason reason;
	int64_t pid;

	if ((!take_verb(&line, "Killed process ", &reason) && !take_openvz_verb(&line, &reason)) ||
	    !cursor_take_number(&line, &pid))
		return false;
	bool has_uid = take_el_uid(&line, kill);
	cursor_take_blanks(&line);
	if (cursor_take(&line, "(")) {
		take_comm(&line, kill);
		take_el_uid(&line, kill);
	} else if (has_uid) { /* EL5 as some copies have it: ", UID 0 x" */
		cursor_copy(&line, kill->comm, sizeof(kill->comm));
		line.at = line.end;
	} else {
		return false;
	}
	cursor_take_blanks(&line);
	if (reason.prefix == OOM_PREFIX_UNKNOWN && !cursor_starts(&line, "total-vm:"))
		return false;
	take_sizes(&line, kill);
	kill->pid = pid;
	*ret_reason = reason;
	return true;
}

bool oom_line_announced(const char *text, size_t length, struct oom_kill *kill,
			struct oom_line_reason *ret_reason)
{
	struct cursor line = cursor_trimmed(text, length);
	struct oom_line_reason reason;
	const char *end;
	int64_t pid;

	/* Capitalised since 2.6.36. The end of the line distinguishes it from "… sharing same
	 * memory". */
	if (!take_verb(&line, "Kill process ", &reason) && !take_verb(&line, "kill process ", &reason))
		return false;
	if (reason.prefix == OOM_PREFIX_NONE || reason.prefix == OOM_PREFIX_UNKNOWN ||
	    !cursor_take_number(&line, &pid) || !cursor_take(&line, " ("))
		return false;
	end = cursor_find_last(&line, ") score ");
	if (end == NULL)
		return false;
	cursor_copy(&(struct cursor){ line.at, end }, kill->comm, sizeof(kill->comm));
	kill->pid = pid;
	*ret_reason = reason;
	return true;
}

bool oom_line_goes_on(const char *text, size_t length)
{
	static const char *const starts[] = { "(", "total-vm:", "anon-rss:" };
	struct cursor line = cursor_trimmed(text, length);

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		if (cursor_starts(&line, starts[i]))
			return true;
	}
	return false;
}

bool oom_line_reaped(const char *text, size_t length, struct oom_kill *kill)
{
	struct cursor line = cursor_trimmed(text, length);
	const char *end;
	int64_t pid;

	if (!cursor_take(&line, "oom_reaper: reaped process ") || !cursor_take_number(&line, &pid) ||
	    !cursor_take(&line, " ("))
		return false;
	end = cursor_find_last(&line, "), now anon-rss:");
	if (end == NULL)
		return false;
	cursor_copy(&(struct cursor){ line.at, end }, kill->comm, sizeof(kill->comm));
	kill->pid = pid;
	return true;
}

bool oom_line_vm_killing(const char *text, size_t length, struct oom_kill *kill)
{
	struct cursor line = cursor_trimmed(text, length);
	const char *bracket;

	if (!cursor_take(&line, "VM: killing process ") || line.at == line.end)
		return false;
	/* some architectures added the pid: "x(7)" */
	bracket = cursor_find_last(&line, "(");
	if (bracket != NULL && line.end[-1] == ')') {
		struct cursor number = { bracket + 1, line.end - 1 };
		int64_t pid;

		if (cursor_take_number(&number, &pid) && number.at == number.end) {
			kill->pid = pid;
			line.end = bracket;
		}
	}
	cursor_copy(&line, kill->comm, sizeof(kill->comm));
	return true;
}

bool oom_line_victim(enum oom_line kind, const char *text, size_t length, struct oom_kill *kill)
{
	struct oom_line_reason reason;

	switch (kind) {
	case OOM_LINE_KILLED:
		if (!oom_line_killed(text, length, kill, &reason))
			return false;
		kill->constraint = reason.constraint;
		kill->not_memcg = reason.prefix == OOM_PREFIX_HOST;
		return true;
	case OOM_LINE_REAPED:
		kill->inferred = true;
		return oom_line_reaped(text, length, kill);
	case OOM_LINE_VM_KILLING:
		return oom_line_vm_killing(text, length, kill);
	default:
		return false;
	}
}
