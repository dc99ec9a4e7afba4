/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/gather.h"

#include "gather/coverage.h"
#include "gather/names.h"
#include "gather/saved.h"
#include "gather/select.h"
#include "gather/sources.h"
#include "gather/units.h"

static void judge_coverage(const struct gather_request *request, const struct oom_parser *parser,
			   struct gather_result *result)
{
	const struct account_lines lines = account_lines_read(request, result, parser);

	/* A line count that may be too high could hide a missing kill. */
	result->has_counter &= !oom_parser_counter_is_full(parser);
	coverage_judge(request, &lines, result);
}

/* The way from the sources to the result.  Each step continues with what the one before it has left
 * in *result. */
static int run(const struct gather_request *request, struct parsers *parsers, gather_progress_fn progress,
	       void *progress_data, struct gather_result *result)
{
	int r = sources_read(request, parsers, progress, progress_data, result);

	if (r < 0)
		return r;
	units_assign(request, &result->list);
	parsers_finish(parsers);
	if (request->saved && (r = saved_add_kills(request->saved, request, &result->list)) < 0)
		return r;
	if ((r = select_kills(request, result)) < 0)
		return r;
	if (request->saved)
		names_from_state(request, result);
	select_count_each_vm_once(result);
	judge_coverage(request, parsers->own, result);
	return 0;
}

int gather(const struct gather_request *request, gather_progress_fn progress, void *progress_data,
	   struct gather_result *ret)
{
	struct select_keep keep = { request, ret };
	struct parsers parsers;

	*ret = (struct gather_result){
		.seen_since_usec = KLOG_TIME_UNKNOWN,
		.boot_usec = klog_boot_usec(request->now_usec),
	};
	select_begin(&keep);
	account_read_counter(request, ret);
	int r = parsers_init(&parsers, request, ret);
	if (r == 0)
		r = run(request, &parsers, progress, progress_data, ret);
	parsers_destroy(&parsers);
	return r;
}

void gather_name_vms(const struct gather_request *request, struct gather_result *result)
{
	names_from_files(request, result);
	select_count_each_vm_once(result);
}
