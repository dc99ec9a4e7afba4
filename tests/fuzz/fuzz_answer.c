/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer target: from a log file to the output. The input is a file in any format (text,
 * dmesg, journalctl -o export and json, container logs). What is read from it passes through the
 * parser, the identification of VMs and the output of check_oom_kills and oom_report. The output
 * has no unprintable byte and at most one '|', the JSON is valid, and no kill comes from a file
 * that mentions none. */
#include <jansson.h>

#include "base/array.h"
#include "fuzz/check.h"
#include "gather/describe.h"
#include "klog/text/pasted.h"
#include "oom/parser.h"
#include "oom_kills.h"
#include "oom_report_json.h"
#include "plugin/inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_USEC INT64_C(1795383365000000)

/* Each line that reports a kill contains at least one of these, in upper or lower case. */
static const char *const marks[] = { "kill", "reap", "oom", "sig", "\\u" };

static bool may_hold_a_kill(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		const size_t length = strlen(marks[i]);

		for (size_t at = 0; at + length <= size; at++) {
			if (strncasecmp((const char *)data + at, marks[i], length) == 0)
				return true;
		}
	}
	return false;
}

static size_t lines_of(const uint8_t *data, size_t size)
{
	size_t count = 1;

	for (size_t i = 0; i < size; i++)
		count += data[i] == '\n' || data[i] == '\r' || data[i] == '\0'; /* a NUL ends a line, too */
	return count;
}

static void check_plugin(const struct gather_request *request, const struct gather_result *result)
{
	static const struct oom_kills_rules rules;
	static struct plugin plugin;
	struct oom_kills found;
	char *text = NULL;
	size_t length = 0;
	TEXT_ON_STACK(line, PLUGIN_FIRST_LINE_MAX);

	plugin_init(&plugin, "check_oom_kills", "OOM_KILLS");
	plugin.verbose = 2;
	if (oom_kills_count(&found, &rules, result) < 0)
		return;
	oom_kills_say(&plugin, request, result, &found);
	plugin_first_line_append(&line, &plugin);
	FILE *stream = open_memstream(&text, &length);
	fwrite(line.data, 1, line.length, stream);
	fwrite(plugin.details.data, 1, plugin.details.length, stream);
	fclose(stream);
	fuzz_check_output(text, length);
	free(text);
	free(found.list);
	if (plugin.details.data != plugin.details_buffer)
		free(plugin.details.data);
}

static void check_report(const struct gather_request *request, const struct gather_result *result)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	const int r = oom_report_print_json(stream, request, result, result->account.unrecorded,
					    gather_is_complete(request, result));

	fclose(stream);
	if (r == 0) {
		json_t *parsed = json_loads(text, 0, NULL);

		fuzz_require(parsed != NULL, "the report's JSON cannot be read");
		fuzz_require(json_array_size(json_object_get(parsed, "kills")) == result->count,
			     "the report lists another number of kills");
		json_decref(parsed);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[128];
	struct gather_result result;

	snprintf(path, sizeof(path), "%s/log", fuzz_folder());
	fuzz_write(path, data, size);
	const struct gather_request request = {
		.sources = { .list = { { .kind = KLOG_FILE, .path = path } }, .count = 1 },
		.since_usec = KLOG_TIME_UNKNOWN,
		.until_usec = KLOG_TIME_UNKNOWN,
		.now_usec = NOW_USEC,
		.roots = { .procfs = "/nonexistent", .sysfs = "/nonexistent", .rootfs = "/nonexistent" },
	};
	if (gather(&request, NULL, NULL, &result) == 0) {
		gather_name_vms(&request, &result);
		fuzz_require(result.known_count == 0 || may_hold_a_kill(data, size), "a kill from nothing");
		/* A pasted line may contain several records. */
		fuzz_require(result.known_count <= KLOG_PASTED_MAX * lines_of(data, size),
			     "more kills than lines can hold");
		check_plugin(&request, &result);
		check_report(&request, &result);
	}
	gather_result_destroy(&result);
	return 0;
}
