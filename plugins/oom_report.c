/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * oom_report: after the fact, which processes and VMs the OOM killer killed,
 * as text or as one JSON object.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "gather/describe.h"
#include "gather/gather.h"
#include "gather_options.h"
#include "oom_kills_memory.h"
#include "oom_report_json.h"
#include "plugin/options.h"
#include "plugin/plugin.h"

enum format { FORMAT_TEXT, FORMAT_JSON };

struct config {
	enum format format;
	const char *user;
	struct gather_arguments gather;
};

static int option_format(const char *value, void *target, struct text *error)
{
	static const char *const words[] = { [FORMAT_TEXT] = "text", [FORMAT_JSON] = "json" };
	int r = plugin_option_word(value, words, ARRAY_SIZE(words), error);

	if (r < 0)
		return r;
	*(enum format *)target = (enum format)r;
	return 0;
}

#define TARGET(member) offsetof(struct config, member)

static const struct plugin_option options[] = {
	{ 0, "format", "text|json", "lines for people, or one JSON object (default: text)", option_format,
	  TARGET(format) },
	{ 0, "user", "NAME",
	  "as root: use what the checks of this user remember (default: those of one's own)",
	  plugin_option_string, TARGET(user) },
	GATHER_OPTIONS(struct config, gather),
};

static const struct plugin_usage usage = {
	.summary = "Reports which VMs and processes the OOM killer killed.",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.examples = "oom_report --since=7d\n"
		    "    the kills of the last week, newest first\n"
		    "oom_report --format=json --since=all --source=/var/log/kern.log\n"
		    "    all that a log file and its rotated siblings hold, for other programs\n",
	.notes = "Exits 0 if the report stands, kills or not, and 3 if kills may be missing from it.\n",
};

static void print_text(FILE *report, const struct plugin *plugin, const struct gather_request *request,
		       const struct gather_result *result)
{
	TEXT_ON_STACK(head, 512);
	TEXT_ON_STACK(sources, 256);

	text_printf(&head, "%zu OOM kill%s", result->count, result->count == 1 ? "" : "s");
	describe_window(&head, request);
	describe_coverage(&sources, request, result);
	if (sources.length > 0)
		text_printf(&head, " (%s)", sources.data);
	fprintf(report, "%s\n", head.data);
	for (size_t i = 0; i < result->count; i++) {
		TEXT_ON_STACK(line, 1024);

		describe_kill(&line, &result->kills[i]);
		if (plugin->verbose > 1)
			describe_origins(&line, &result->kills[i].vm);
		describe_standing(&line, request, &result->kills[i]);
		fprintf(report, "%s\n", line.data);
	}
	if (!gather_is_complete(request, result))
		fprintf(report, "Not all of the window was seen.\n");
	for (size_t i = 0; plugin->verbose > 1 && i < result->tried_count; i++) {
		TEXT_ON_STACK(line, 1024);

		describe_source(&line, &result->tried[i]);
		fprintf(report, "%s\n", line.data);
	}
}

/* 0 or a negative errno: a report that is cut is none. */
static int print_report(const struct plugin *plugin, enum format format, const struct gather_request *request,
			const struct gather_result *result, uint64_t unrecorded)
{
	FILE *report = plugin_report_open();
	int r = 0;

	if (!report)
		return -ENOMEM;
	errno = 0;
	if (format == FORMAT_JSON)
		r = oom_report_print_json(report, request, result, unrecorded);
	else
		print_text(report, plugin, request, result);
	const bool failed = ferror(report);
	if (fclose(report) == 0 && !failed)
		return r;
	return r < 0 ? r : errno ? -errno : -EIO;
}

int main(int argc, char **argv)
{
	static struct plugin plugin;
	static struct config config = {
		.gather = GATHER_ARGUMENTS_DEFAULT,
	};
	static struct oom_kills_memory memory;
	static struct gather_result result;
	struct file_roots roots = { 0 };
	TEXT_ON_STACK(error, 128);

	plugin_init(&plugin, "oom_report", NULL);
	struct klog_held held = gather_hold(argv);
	plugin_options(&plugin, &usage, &roots, &config, argc, argv);

	struct gather_request request = gather_request_from(&config.gather, &roots);
	request.held = &held;
	if (gather_request_check(&request, &error) < 0)
		plugin_unknown(&plugin, "%s", error.data);
	if (config.user && oom_kills_use_state_of(&memory, config.user, &error) < 0)
		plugin_unknown(&plugin, "--user: %s", error.data);
	klog_drop_privileges();
	oom_kills_look_at_memory(&memory, &request);
	int r = gather(&request, NULL, NULL, &result);
	if (r == 0)
		gather_name_vms(&request, &result);
	/* As the check would: what it has told and is acknowledged is not told again. */
	if (r == 0)
		r = memory_update(&memory.memory, &request, &result);
	if (plugin.verbose > 0 && memory.state.failure.error)
		fprintf(stderr, "oom_report: state: %s\n", memory.state.failure.reason);
	if (r == 0)
		r = print_report(&plugin, config.format, &request, &result,
				 memory_missing_since(&memory.memory, request.since_usec));
	if (r < 0)
		plugin_unknown(&plugin, "%s", strerror(-r));
	if (result.gap == GATHER_GAP_BLIND) {
		TEXT_ON_STACK(why, 1024);

		describe_blindness(&why, &request, &result);
		plugin_unknown(&plugin, "cannot see all OOM kills: %s", why.data);
	}
	gather_result_destroy(&result);
	return 0;
}
