/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * oom_report: lists afterwards which processes and VMs the OOM killer killed, as text or as one
 * JSON object.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "gather/describe.h"
#include "gather/gather.h"
#include "gather_options.h"
#include "oom_kills_state.h"
#include "oom_report_json.h"
#include "plugin/options.h"
#include "plugin/plugin.h"

enum format { FORMAT_TEXT, FORMAT_JSON };

/* One run and its results so far. */
struct run {
	struct plugin plugin;
	struct gather_request request;
	struct gather_result result;
	struct oom_kills_state saved;
	struct gather_forgotten forgotten; /* by the checks, from their state */
};

struct config {
	enum format format;
	const char *user;
	struct gather_arguments gather;
};

#define TARGET(member) offsetof(struct config, member)

static const struct plugin_option options[] = {
	{ 0, "format", "text|json", "text lines or one JSON object (default: text)", NULL, TARGET(format) },
	{ 0, "user", "NAME", "as root: use the state of this user's checks (default: your own)",
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
		    "    everything in a log file and its rotated files, for other programs\n",
	.notes = "Exits with 0 if the report is complete, with or without kills, and with 3 if\n"
		 "kills may be missing.\n",
};

/* Whether kills of the window may be missing that only the state had. */
static bool state_lacks_kills(const struct run *run)
{
	return oom_kills_lacks(&run->saved, &run->request) ||
	       gather_has_forgotten(&run->request, &run->forgotten);
}

static void print_text(FILE *report, const struct run *run)
{
	const struct plugin *plugin = &run->plugin;
	const struct gather_request *request = &run->request;
	const struct gather_result *result = &run->result;
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
		fprintf(report, "The logs do not cover the whole window.\n");
	if (state_lacks_kills(run))
		fprintf(report, "Kills that were only in the state may be missing.\n");
	for (size_t i = 0; plugin->verbose > 1 && i < result->status_count; i++) {
		TEXT_ON_STACK(line, 1024);

		describe_source(&line, &result->statuses[i]);
		fprintf(report, "%s\n", line.data);
	}
}

/* 0, or a negative errno if the report could not be written completely. */
static int print_report(const struct run *run, enum format format)
{
	const bool complete = gather_is_complete(&run->request, &run->result) && !state_lacks_kills(run);
	FILE *report = plugin_report_open();
	int r = 0;

	if (!report)
		return -ENOMEM;
	errno = 0;
	if (format == FORMAT_JSON)
		r = oom_report_print_json(report, &run->request, &run->result,
					  saved_missing_since(&run->saved.saved, run->request.since_usec),
					  complete);
	else
		print_text(report, run);
	const bool failed = ferror(report);
	if (fclose(report) == 0 && !failed)
		return r;
	return r < 0 ? r : errno ? -errno : -EIO;
}

/* 0 or a negative errno. */
static int look(struct run *run)
{
	oom_kills_load(&run->saved, &run->request, OOM_KILLS_TO_LOOK);
	/* Only what the checks forgot.  Kills that do not fit into the memory here are still
	 * listed. */
	run->forgotten = run->saved.saved.forgotten;
	int r = gather(&run->request, NULL, NULL, &run->result);
	if (r < 0)
		return r;
	gather_name_vms(&run->request, &run->result);
	/* As in the check, so that unrecorded kills that were acknowledged are not reported
	 * again. */
	return saved_update(&run->saved.saved, &run->request, &run->result);
}

/* Exits with UNKNOWN if the check would be. */
static void judge(struct run *run)
{
	const bool may_miss = run->saved.state.found == STATE_NOT_READ;
	TEXT_ON_STACK(why, 1200);

	if (run->saved.state.failure.error || oom_kills_lacks(&run->saved, &run->request)) {
		oom_kills_say_why_it_forgets(&why, &run->saved);
		fprintf(stderr, "oom_report: %s%s\n",
			may_miss ? "kills may have been forgotten: " : "state: ", why.data);
	}
	if (run->result.gap == GATHER_GAP_BLIND) {
		text_init(&why, why.data, why.size);
		describe_blindness(&why, &run->request, &run->result);
		plugin_unknown(&run->plugin, "cannot see all OOM kills: %s", why.data);
	}
	if (run->forgotten.counted_usec != 0 && run->forgotten.counted_usec >= run->request.since_usec)
		plugin_unknown(&run->plugin,
			       "cannot list all OOM kills: more than %d, some were dropped: run "
			       "check_oom_kills --acknowledge",
			       SAVED_KILLS_MAX);
	if (may_miss)
		exit(PLUGIN_UNKNOWN);
}

int main(int argc, char **argv)
{
	static struct run run;
	static struct config config = {
		.gather = GATHER_ARGUMENTS_DEFAULT,
	};
	struct file_roots roots = { 0 };
	TEXT_ON_STACK(error, 128);

	plugin_init(&run.plugin, "oom_report", NULL);
	struct klog_held held = gather_hold(argv);
	plugin_options(&run.plugin, &usage, &roots, &config, argc, argv);

	run.request = gather_request_from(&config.gather, &roots);
	run.request.held = &held;
	/* Nothing is ignored here, so kills that other rules ignored and dropped may be missing. */
	run.request.rules.hash = ~GATHER_RULES_SEVERAL;
	if (gather_request_check(&run.request, &error) < 0)
		plugin_unknown(&run.plugin, "%s", error.data);
	if (config.user && state_owner_find(&run.saved.owner, config.user, &error) < 0)
		plugin_unknown(&run.plugin, "--user: %s", error.data);
	klog_drop_privileges();
	int r = look(&run);
	if (r == 0)
		r = print_report(&run, config.format);
	if (r < 0)
		plugin_unknown(&run.plugin, "%s", strerror(-r));
	judge(&run);
	gather_result_destroy(&run.result);
	return 0;
}
