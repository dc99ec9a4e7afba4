/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The classification of lines, and the lines of a report that name no victim. */
#include "oom/lines.h"

#include "base/array.h"
#include "base/number.h"

/* The marker of a header or of a Killed line begins within this many bytes: only a name or a
 * prefix is before it. A syslog daemon may have written each byte of the name as #033. */
#define MARKER_WITHIN 80

#define INVOKED " invoked oom-killer: gfp_mask="

/* Whether the marker begins within the line's first bytes. memchr(3) compares 32 bytes at once, and
 * few lines hold the marker's first byte at all. */
static bool holds_marker(const char *text, size_t length, const char *marker, size_t marker_length)
{
	const char *end = text + (length < MARKER_WITHIN ? length : MARKER_WITHIN);
	const char *at = text;

	while ((at = memchr(at, marker[0], (size_t)(end - at))) != NULL) {
		if (length - (size_t)(at - text) >= marker_length && at[1] == marker[1] &&
		    memcmp(at, marker, marker_length) == 0)
			return true;
		at++;
	}
	return false;
}

static bool holds_header(const char *text, size_t length)
{
	static const char marker[] = "-killer: gfp_mask=";

	return holds_marker(text, length, marker, sizeof(marker) - 1);
}

static bool holds_killed(const char *text, size_t length)
{
	static const char marker[] = "Killed process ";

	return holds_marker(text, length, marker, sizeof(marker) - 1);
}

/* `anywhere`: recognised outside of a report too. */
static const struct line_start {
	const char *text;
	enum oom_line kind;
	bool anywhere;
} line_starts[] = {
	{ "oom-kill:constraint=", OOM_LINE_SUMMARY, true },
	{ "oom_reaper: reaped process ", OOM_LINE_REAPED, true },
	{ "oom-killer: gfp_mask=", OOM_LINE_HEADER, true }, /* until 2.6.15: no invoker */
	{ "OOM killed process ", OOM_LINE_KILLED, true },   /* OpenVZ */
	{ "Task in ", OOM_LINE_TASK_IN, true },
	{ "Tasks in ", OOM_LINE_GROUP, true },
	{ "memory: usage ", OOM_LINE_LIMIT, true },
	{ "Memory cgroup stats for ", OOM_LINE_STATS, true },
	{ "VM: killing process ", OOM_LINE_VM_KILLING, true },
	{ "__alloc_pages: ", OOM_LINE_ALLOCATION_FAILED, true },
	{ "Linux version ", OOM_LINE_BOOT, true },
	{ "Out of memory and no killable processes", OOM_LINE_NOBODY, false },
	{ "System is deadlocked on memory", OOM_LINE_NOBODY, false },
	{ "Kernel panic - not syncing: ", OOM_LINE_NOBODY, false },
	{ "CPU: ", OOM_LINE_CPU, false },
	{ "Pid: ", OOM_LINE_CPU, false }, /* until 3.10 */
};

/* The starts of the prefixes of announcements. */
static const char *const reason_starts[] = { "Out of memory", "Memory cgroup ", "No available memory " };

/* The first bytes of those line_starts that are recognised anywhere, and of reason_starts. */
static const bool may_start_a_line[256] = {
	['L'] = true, ['M'] = true, ['N'] = true, ['O'] = true, ['T'] = true,
	['V'] = true, ['_'] = true, ['m'] = true, ['o'] = true,
};

static enum oom_line kind_by_start(struct cursor line, bool in_report)
{
	for (size_t i = 0; i < ARRAY_SIZE(line_starts); i++) {
		if (line_starts[i].text[0] == *line.at && (in_report || line_starts[i].anywhere) &&
		    cursor_starts(&line, line_starts[i].text))
			return line_starts[i].kind;
	}
	for (size_t i = 0; i < ARRAY_SIZE(reason_starts); i++) {
		if (reason_starts[i][0] != *line.at || !cursor_starts(&line, reason_starts[i]))
			continue;
		if (cursor_find(&line, ": OOM killed process ") != NULL)
			return OOM_LINE_KILLED;
		if (cursor_find(&line, "ill process ") != NULL)
			return OOM_LINE_ANNOUNCED;
	}
	return OOM_LINE_OTHER;
}

/* The lines of Mem-Info, which begin with a number or the name of a zone. */
static enum oom_line kind_of_mem_info(struct cursor line)
{
	struct oom_line_zone zone;
	int64_t page_kb;

	if (cursor_ends(&line, " pages RAM") || cursor_ends(&line, " pages of RAM"))
		return OOM_LINE_RAM;
	if (cursor_ends(&line, " pages reserved") || cursor_ends(&line, " reserved pages"))
		return OOM_LINE_RESERVED;
	if (oom_line_zone(line.at, cursor_left(&line), &zone))
		return OOM_LINE_ZONE;
	if (oom_line_buddy(line.at, cursor_left(&line), &page_kb))
		return OOM_LINE_BUDDY;
	return OOM_LINE_OTHER;
}

enum oom_line oom_line_kind(const char *text, size_t length, bool in_report)
{
	struct cursor line = { text, text + length };
	enum oom_line kind;

	/* Markers first: the name of a process may look like the start of any line. */
	if (holds_header(text, length)) {
		const char *invoked = cursor_find(&line, INVOKED);

		if (invoked != NULL && invoked - text <= MARKER_WITHIN)
			return OOM_LINE_HEADER;
	}
	if (holds_killed(text, length))
		return OOM_LINE_KILLED;
	cursor_take_blanks(&line);
	if (line.at == line.end || (!in_report && !may_start_a_line[(unsigned char)*line.at]))
		return OOM_LINE_OTHER;
	kind = kind_by_start(line, in_report);
	if (kind != OOM_LINE_OTHER || !in_report)
		return kind;
	if (cursor_find(&line, " is already exiting. Skip killing") != NULL)
		return OOM_LINE_SKIPPED;
	return kind_of_mem_info(cursor_trimmed(text, length));
}

/* A row of a report's tables: "[   4711]   107  4711 …" or "anon 12345". */
static bool is_row(const char *text, size_t length)
{
	struct cursor line = cursor_trimmed(text, length);
	int64_t number;

	if (cursor_take(&line, "[")) {
		cursor_take_blanks(&line);
		return cursor_take_number(&line, &number) && cursor_starts(&line, "]");
	}
	while (line.at < line.end && (*line.at == '_' || (*line.at >= 'a' && *line.at <= 'z')))
		line.at++;
	return cursor_take(&line, " ") && cursor_take_number(&line, &number) && line.at == line.end;
}

bool oom_line_is_closed(enum oom_line kind, const char *text, size_t length, bool in_report)
{
	struct oom_line_reason reason;
	struct oom_kill ignored;

	switch (kind) {
	case OOM_LINE_KILLED: /* its marker may follow any text */
		return oom_line_killed(text, length, &ignored, &reason) &&
		       reason.prefix != OOM_PREFIX_UNKNOWN;
	case OOM_LINE_ANNOUNCED:
		return oom_line_announced(text, length, &ignored, &reason);
	case OOM_LINE_SUMMARY:
	case OOM_LINE_TASK_IN:
	case OOM_LINE_LIMIT:
	case OOM_LINE_STATS:
	case OOM_LINE_GROUP:
	case OOM_LINE_REAPED:
		return true;
	default:
		return in_report && is_row(text, length);
	}
}

static void take_gfp_mask(struct cursor *line, struct oom_kill *kill)
{
	const char *start = line->at;
	uint64_t mask;
	int taken = number_parse_hex(line->at, cursor_left(line), &mask);

	if (taken < 0)
		return;
	line->at += taken;
	cursor_copy(&(struct cursor){ start, line->at }, kill->gfp_mask, sizeof(kill->gfp_mask));
}

bool oom_line_header(const char *text, size_t length, struct oom_kill *kill)
{
	struct cursor line = { text, text + length };
	const char *invoked = cursor_find(&line, INVOKED);
	int64_t order;

	if (invoked != NULL) {
		cursor_copy(&(struct cursor){ text, invoked }, kill->invoker_comm,
			    sizeof(kill->invoker_comm));
		kill->has_invoker = true;
		line.at = invoked + strlen(INVOKED);
	} else {
		cursor_take_blanks(&line);
		if (!cursor_take(&line, "oom-killer: gfp_mask="))
			return false;
	}
	take_gfp_mask(&line, kill);
	if (cursor_take_past(&line, ", order=") && cursor_take_i64(&line, -1, 63, &order)) {
		kill->has_order = true;
		kill->order = (int)order;
		kill->manual = order == -1; /* SysRq-f: is_sysrq_oom() */
	}
	return true;
}

bool oom_line_cpu(const char *text, size_t length, int64_t *ret_pid, struct cursor *ret_comm)
{
	/* "Kdump:" since 5.2, before that only the taint; "UID:" since 6.12 */
	static const char *const ends[] = { " Kdump: loaded ", " Not tainted ", " Tainted: " };
	struct cursor line = cursor_trimmed(text, length);
	const char *end = NULL;
	int64_t pid;

	if ((!cursor_take(&line, "Pid: ") && !cursor_take_past(&line, "PID: ")) ||
	    !cursor_take_number(&line, &pid) ||
	    (!cursor_take(&line, " Comm: ") && !cursor_take(&line, ", comm: ")))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ends) && end == NULL; i++)
		end = cursor_find(&line, ends[i]);
	if (end == NULL)
		return false;
	*ret_pid = pid;
	*ret_comm = (struct cursor){ line.at, end };
	return true;
}

/* Finds "key:12kB" after the cursor. */
static int64_t find_kb(struct cursor line, const char *key)
{
	int64_t value;

	return cursor_take_past(&line, key) && cursor_take_number(&line, &value) && cursor_starts(&line, "kB")
		       ? value
		       : OOM_UNKNOWN;
}

/* "Node 0 DMA32", on machines without NUMA until 2.6 "DMA32" */
static bool take_zone_label(struct cursor *line, struct cursor *ret)
{
	static const char *const zones[] = { "DMA32", "DMA", "Normal", "HighMem", "Movable", "Device" };
	const char *start = line->at;
	int64_t node;

	if (cursor_take(line, "Node ") && (!cursor_take_number(line, &node) || !cursor_take(line, " ")))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
		if (cursor_take(line, zones[i])) {
			*ret = (struct cursor){ start, line->at };
			return true;
		}
	}
	return false;
}

bool oom_line_zone(const char *text, size_t length, struct oom_line_zone *ret)
{
	struct cursor line = cursor_trimmed(text, length);
	struct oom_line_zone zone;

	if (!take_zone_label(&line, &zone.label) || !cursor_starts(&line, " free:"))
		return false;
	zone.free_kb = find_kb(line, " free:");
	zone.total_kb = find_kb(line, " managed:");
	if (zone.total_kb == OOM_UNKNOWN)
		zone.total_kb = find_kb(line, " present:");
	*ret = zone;
	return zone.free_kb != OOM_UNKNOWN;
}

bool oom_line_buddy(const char *text, size_t length, int64_t *ret_page_kb)
{
	struct cursor line = cursor_trimmed(text, length);
	struct cursor label;
	int64_t blocks, page_kb;

	if (!take_zone_label(&line, &label) || !cursor_take(&line, ": ") ||
	    !cursor_take_number(&line, &blocks) || !cursor_take(&line, "*") ||
	    !cursor_take_number(&line, &page_kb) || !cursor_starts(&line, "kB"))
		return false;
	*ret_page_kb = page_kb;
	return true;
}

bool oom_line_pages(const char *text, size_t length, int64_t *ret_pages)
{
	struct cursor line = cursor_trimmed(text, length);

	return cursor_take_number(&line, ret_pages);
}
