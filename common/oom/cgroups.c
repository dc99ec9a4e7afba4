/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lines of a report that name cgroups. Any user with a delegated subtree can give cgroups any
 * name, including commas and keys of the summary. A crafted cgroup name must not make the victim
 * appear to belong to another cgroup.
 */
#include "base/array.h"
#include "oom/lines.h"
#include "oom/path.h"

/* "No limit" is PAGE_COUNTER_MAX, about LONG_MAX bytes, and thus above this. */
#define NO_LIMIT_KB (INT64_C(1) << 50)

bool oom_line_limit(const char *text, size_t length, int64_t *ret_limit_kb)
{
	struct cursor line = cursor_trimmed(text, length);
	int64_t limit_kb = OOM_UNKNOWN;

	if (!cursor_take(&line, "memory: usage "))
		return false;
	if (cursor_take_past(&line, ", limit ") &&
	    (!cursor_take_number(&line, &limit_kb) || !cursor_starts(&line, "kB") || limit_kb >= NO_LIMIT_KB))
		limit_kb = OOM_UNKNOWN;
	*ret_limit_kb = limit_kb;
	return true;
}

/* "/a:", until 4.x "/a: cache:0KB rss:…", until 6.11 with the statistics on
 * further lines of the same record */
bool oom_line_stats(const char *text, size_t length, struct cursor *ret_cgroup)
{
	struct cursor line = cursor_trimmed(text, length);
	const char *end;

	if (!cursor_take(&line, "Memory cgroup stats for ") || !cursor_starts(&line, "/"))
		return false;
	end = cursor_find(&line, ":\n");
	if (end == NULL)
		end = cursor_find(&line, ": cache:");
	if (end == NULL && line.end[-1] == ':')
		end = line.end - 1;
	if (end == NULL)
		return false;
	*ret_cgroup = (struct cursor){ line.at, end };
	return true;
}

bool oom_line_group(const char *text, size_t length, struct cursor *ret_cgroup)
{
	struct cursor line = { text, text + length }; /* not trimmed: a torn line ends in a blank */
	const char *end;

	cursor_take_blanks(&line);
	if (!cursor_take(&line, "Tasks in "))
		return false;
	end = cursor_find_last(&line, " are going to be killed due to memory.oom.group set");
	if (end == NULL) {
		/* torn: nothing but the path may follow */
		end = line.at;
		if (cursor_find(&line, " ") != NULL)
			return false;
	}
	*ret_cgroup = (struct cursor){ line.at, end };
	return line.at == line.end || *line.at == '/';
}

static bool starts_with(const struct cursor *path, const struct cursor *start)
{
	return cursor_left(path) >= cursor_left(start) &&
	       memcmp(path->at, start->at, cursor_left(start)) == 0;
}

/*
 * Splits the cgroup whose limit was reached from the victim's cgroup, which is inside it. Of the
 * places where `separator` occurs, takes the first for which this is true, or else the first.
 */
static const char *split_paths(const struct cursor *line, const char *separator, bool limit_comes_first)
{
	size_t length = strlen(separator);
	const char *first = cursor_find(line, separator);

	for (const char *at = first; at != NULL;) {
		const struct cursor before = { line->at, at }, after = { at + length, line->end };

		if (limit_comes_first ? starts_with(&after, &before) : starts_with(&before, &after))
			return at;
		at = cursor_find(&after, separator);
	}
	return first;
}

/* Whether the cgroup with the limit is neither the victim's nor an ancestor of it: then its last
 * name is incomplete. */
static bool is_cut_limit(struct cursor cgroup, struct cursor limit)
{
	const size_t length = cursor_left(&limit);

	if (length == 0 || cursor_equals(&limit, "/"))
		return false;
	if (!starts_with(&cgroup, &limit))
		return limit.end[-1] == OOM_PATH_CUT;
	return length < cursor_left(&cgroup) && cgroup.at[length] != '/';
}

bool oom_line_task_in(const char *text, size_t length, struct oom_line_task_in *ret)
{
	static const char separator[] = " killed as a result of limit of ";
	struct cursor line = { text, text + length }; /* not trimmed: a torn line ends in a blank */
	struct oom_line_task_in paths = { 0 };
	const char *at;

	cursor_take_blanks(&line);
	if (!cursor_take(&line, "Task in ") || (line.at < line.end && *line.at != '/'))
		return false;
	at = split_paths(&line, separator, false);
	if (at != NULL) {
		const char *limit = at + strlen(separator);

		paths.cgroup = (struct cursor){ line.at, at };
		paths.limit_cgroup = (struct cursor){ limit, line.end };
		paths.complete = limit < line.end;
		paths.limit_is_cut = is_cut_limit(paths.cgroup, paths.limit_cgroup);
	}
	*ret = paths;
	return true;
}

static enum oom_constraint take_constraint(struct cursor *line)
{
	static const struct {
		const char *text;
		enum oom_constraint constraint;
	} constraints[] = {
		{ "CONSTRAINT_NONE,", OOM_CONSTRAINT_NONE },
		{ "CONSTRAINT_MEMCG,", OOM_CONSTRAINT_MEMCG },
		{ "CONSTRAINT_CPUSET,", OOM_CONSTRAINT_CPUSET },
		{ "CONSTRAINT_MEMORY_POLICY,", OOM_CONSTRAINT_MEMPOLICY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(constraints); i++) {
		if (cursor_starts(line, constraints[i].text))
			return constraints[i].constraint;
	}
	return OOM_CONSTRAINT_UNKNOWN;
}

/* Takes ",key=value" off the line's end. */
static bool take_number_at_end(struct cursor *line, const char *key, int64_t *ret)
{
	const char *at = cursor_find_last(line, key);
	struct cursor number;
	int64_t value;

	if (at == NULL)
		return false;
	number = (struct cursor){ at + strlen(key), line->end };
	if (!cursor_take_number(&number, &value) || number.at != number.end)
		return false;
	*ret = value;
	line->end = at;
	return true;
}

/*
 * Removes what there is of the next key from a path that reaches to the end of the line. If there
 * is any, the path is complete. A comma alone is not counted as a key.
 */
static bool take_begun_key(struct cursor *path, const char *key)
{
	static const char pager = OOM_PATH_CUT;
	const size_t mark = cursor_left(path) > 0 && path->end[-1] == pager;

	for (size_t length = strlen(key); length >= 2; length--) {
		if (cursor_left(path) > length + mark &&
		    memcmp(path->end - mark - length, key, length) == 0) {
			path->end -= mark + length;
			return true;
		}
	}
	return false;
}

/* Takes the cgroups from what is left between the constraint and ",task=". */
static void take_memcgs(struct cursor line, struct oom_line_summary *summary)
{
	static const char limit_key[] = ",oom_memcg=/", global_key[] = ",global_oom,task_memcg=/";
	static const char task_key[] = ",task_memcg=";
	const char *limit = cursor_find(&line, limit_key);
	const char *global = cursor_find(&line, global_key);
	const char *at;

	/* cpuset= before them is a single name without slashes */
	if (global != NULL && (limit == NULL || global < limit)) {
		summary->cgroup = (struct cursor){ global + strlen(global_key) - 1, line.end };
	} else if (limit != NULL) {
		line.at = limit + strlen(limit_key) - 1;
		at = split_paths(&line, task_key, true);
		summary->limit_cgroup = (struct cursor){ line.at, at != NULL ? at : line.end };
		if (at != NULL)
			summary->cgroup = (struct cursor){ at + strlen(task_key), line.end };
	} else if ((at = cursor_find(&line, ",task_memcg=/")) != NULL) {
		summary->cgroup = (struct cursor){ at + strlen(task_key), line.end };
	}
}

bool oom_line_summary(const char *text, size_t length, struct oom_line_summary *ret)
{
	struct cursor line = cursor_trimmed(text, length);
	struct oom_line_summary summary = { .pid = OOM_UNKNOWN, .uid = OOM_UNKNOWN };
	const char *task;
	bool is_open;

	if (!cursor_take(&line, "oom-kill:constraint="))
		return false;
	summary.constraint = take_constraint(&line);
	summary.complete = take_number_at_end(&line, ",uid=", &summary.uid) &&
			   take_number_at_end(&line, ",pid=", &summary.pid);
	/* From the right, because the name of a cgroup may hold this key. */
	task = cursor_find_last(&line, ",task=");
	is_open = task == NULL && !summary.complete;
	if (task != NULL) {
		const char *comm = task + strlen(",task=");

		if (summary.complete)
			summary.comm = (struct cursor){ comm, line.end };
		line.end = task;
	}
	take_memcgs(line, &summary);
	if (is_open && cursor_left(&summary.cgroup) > 0)
		summary.cgroup_is_open = !take_begun_key(&summary.cgroup, ",task=");
	else if (is_open && cursor_left(&summary.limit_cgroup) > 0)
		summary.limit_is_open = !take_begun_key(&summary.limit_cgroup, ",task_memcg=");
	/* In constraints of vendors or proposed patches, the named cgroup identifies the kind. */
	if (summary.constraint == OOM_CONSTRAINT_UNKNOWN && cursor_left(&summary.limit_cgroup) > 0)
		summary.constraint = OOM_CONSTRAINT_MEMCG;
	*ret = summary;
	return true;
}
