/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/arguments.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/number.h"
#include "klog/host.h"

struct klog_held gather_hold(char **argv)
{
	struct klog_needs needs = { 0 };

	for (char **word = argv; *word; word++) {
		const bool names_options = strncmp(*word, "--extra-opts", 12) == 0;

		needs.syslog |= names_options || strstr(*word, "syslog") != NULL;
		needs.change_user |= names_options || strncmp(*word, "--us", 4) == 0; /* --user */
	}
	return klog_hold(needs);
}

int gather_argument_source(const char *value, void *sources, struct text *error)
{
	static const struct {
		const char *name;
		enum klog_kind kind;
	} kinds[] = {
		{ "kmsg", KLOG_KMSG },
		{ "syslog", KLOG_SYSLOG },
		{ "journal", KLOG_JOURNAL },
	};
	struct gather_sources *list = sources;
	struct gather_source source = { KLOG_FILE, value };

	if (strcmp(value, "auto") == 0) {
		list->count = 0;
		return 0;
	}
	if (*value == '\0') {
		text_append(
			error,
			"is empty; expected auto, kmsg, syslog, journal, journal:PATH or the path of a file");
		return -EINVAL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(value, kinds[i].name) == 0)
			source = (struct gather_source){ kinds[i].kind, NULL };
	}
	if (strncmp(value, "journal:", 8) == 0 && value[8] != '\0')
		source = (struct gather_source){ KLOG_JOURNAL, value + 8 };
	if (list->count == GATHER_SOURCES_MAX) {
		text_printf(error, "given more than %d times", GATHER_SOURCES_MAX);
		return -EINVAL;
	}
	list->list[list->count++] = source;
	return 0;
}

/* strptime(3) accepts 31 days in every month; mktime(3) turns the surplus days into those of the
 * next month. */
static bool is_in_calendar(const struct tm *tm)
{
	struct tm date = { .tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday };

	timegm(&date);
	return date.tm_mday == tm->tm_mday;
}

/* YYYY-MM-DD, optionally followed by a space or 'T' and HH:MM[:SS], then by nothing (local time),
 * 'Z' or +HH[[:]MM].  *ret_usec: microseconds since the epoch. */
static int parse_wall_clock(const char *value, int64_t *ret_usec)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *rest = strptime(value, "%Y-%m-%d", &tm);

	if (rest && (*rest == 'T' || *rest == ' ')) {
		const char *minutes = strptime(rest + 1, "%H:%M", &tm);
		const char *seconds = minutes && *minutes == ':' ? strptime(minutes, ":%S", &tm) : NULL;

		rest = seconds ? seconds : minutes;
	}
	if (!rest || !is_in_calendar(&tm))
		return -EINVAL;
	if (*rest == '\0') {
		*ret_usec = (int64_t)mktime(&tm) * 1000000;
		return 0;
	}
	const struct tm wall = tm;
	const char *end = strptime(rest, "%z", &tm);
	if (!end || *end != '\0')
		return -EINVAL;
	const long offset = tm.tm_gmtoff;
	tm = wall;
	tm.tm_isdst = 0;
	*ret_usec = ((int64_t)timegm(&tm) - offset) * 1000000;
	return 0;
}

int gather_argument_moment(const char *value, void *moment, struct text *error)
{
	struct gather_moment *ret = moment;
	int64_t usec;

	if (strcmp(value, "all") == 0) {
		*ret = (struct gather_moment){ .kind = GATHER_MOMENT_NONE };
		return 0;
	}
	if (number_parse_duration(value, &usec) == 0) {
		*ret = (struct gather_moment){ GATHER_MOMENT_AGO, usec };
		return 0;
	}
	if (parse_wall_clock(value, &usec) == 0) {
		*ret = (struct gather_moment){ GATHER_MOMENT_AT, usec };
		return 0;
	}
	text_append(error, "'");
	text_append_untrusted(error, value, strlen(value), TEXT_ASCII);
	text_append(error, "' is not a duration (24h, 90m, 7d), a time (2026-11-22T21:36:05+07:00) or 'all'");
	return -EINVAL;
}

int gather_argument_host(const char *value, void *host, struct text *error)
{
	struct gather_host *ret = host;
	const bool any = strcmp(value, "any") == 0;

	if (!any && klog_host_is_nameless(value)) {
		text_append(error, "is not a host name; expected a name as in the log, or 'any'");
		return -EINVAL;
	}
	*ret = (struct gather_host){ .any = any, .name = any ? NULL : value };
	return 0;
}

static int64_t moment_usec(const struct gather_moment *moment, int64_t now_usec)
{
	switch (moment->kind) {
	case GATHER_MOMENT_AGO:
		return now_usec - moment->usec;
	case GATHER_MOMENT_AT:
		return moment->usec;
	case GATHER_MOMENT_NONE:
		break;
	}
	return KLOG_TIME_UNKNOWN;
}

struct gather_request gather_request_from(const struct gather_arguments *arguments,
					  const struct file_roots *roots)
{
	const int64_t now_usec = clock_usec(CLOCK_REALTIME);

	return (struct gather_request){
		.sources = arguments->sources,
		.since_usec = moment_usec(&arguments->since, now_usec),
		.until_usec = moment_usec(&arguments->until, now_usec),
		.now_usec = now_usec,
		.roots = *roots,
		.places = &arguments->places,
		.any_host = arguments->host.any,
		.host = arguments->host.name,
	};
}

int gather_request_check(const struct gather_request *request, struct text *error)
{
	const bool has_start = request->since_usec != KLOG_TIME_UNKNOWN;

	if (has_start && request->since_usec > request->now_usec) {
		text_append(error, "--since is in the future");
		return -EINVAL;
	}
	if (has_start && request->until_usec != KLOG_TIME_UNKNOWN &&
	    request->until_usec <= request->since_usec) {
		text_append(error, "--until must be after --since");
		return -EINVAL;
	}
	if (request->host && request->sources.count > 0 && !gather_sources_are_files(&request->sources)) {
		text_append(error, "--host requires log files, journal:PATH or auto");
		return -EINVAL;
	}
	return 0;
}
