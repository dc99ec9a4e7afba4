/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prints the records that a kernel log source yields, one per line:
 *
 *	REALTIME_USEC MONOTONIC_USEC SEQUENCE FACILITY.LEVEL FLAGS BOOT IDENTIFIER|text
 *
 * with - for unknown values; FLAGS are p (proven) and c (continuation). The last line,
 * "# ...", is the summary. Exit status 0: success, 3: the source cannot be opened, 4: it
 * cannot be read to its end.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/number.h"
#include "base/text.h"
#include "klog/klog.h"
#include "klog/privilege.h"

#define MATCHES_MAX 16

struct request {
	enum klog_kind kind;
	const char *path;
	struct file_roots roots;
	struct klog_query query;
	struct klog_filter filter;
	struct klog_match matches[MATCHES_MAX];
	bool quiet;
	struct klog_failure failure;
};

static const char usage[] =
	"klog_dump kmsg|syslog|journal[:PATH]|file:PATH [--since=WHEN] [--until=WHEN] [--rootfs=DIR]\n"
	"          [--match=[LEVEL]:[PROGRAM]:TEXT]... [--header=LEVEL:TEXT] [--before=N] [--after=N]\n"
	"          [--around=DURATION] [--quiet]\n"
	"WHEN is a duration before now (1h) or, after @, seconds since the epoch.\n";

static _Noreturn void wrong(const char *what)
{
	fprintf(stderr, "klog_dump: %s\n%s", what, usage);
	exit(2);
}

static int64_t parse_when(const char *value)
{
	int64_t usec;
	double seconds;

	if (value[0] == '@' && number_parse_decimal(value + 1, strlen(value + 1), &seconds) > 0)
		return (int64_t)(seconds * 1e6);
	if (number_parse_duration(value, &usec) < 0)
		wrong("bad time");
	return (int64_t)time(NULL) * 1000000 - usec;
}

/* Parses "3:" or ":": returns the text after it. */
static const char *parse_level(const char *value, int *ret_level)
{
	uint64_t level;
	int taken = number_parse_u64(value, strlen(value), &level);

	*ret_level = taken > 0 ? (int)level : KLOG_UNKNOWN;
	value += taken > 0 ? taken : 0;
	if (*value != ':')
		wrong("LEVEL: expected");
	return value + 1;
}

static void add_match(struct request *request, char *value)
{
	struct klog_match *match = &request->matches[request->filter.match_count++];
	char *program, *text;

	if (request->filter.match_count > MATCHES_MAX)
		wrong("too many matches");
	program = value + (parse_level(value, &match->level) - value);
	text = strchr(program, ':');
	if (!text)
		wrong("PROGRAM: expected");
	*text = '\0';
	match->program = *program ? program : NULL;
	match->text = text + 1;
	request->query.filter = &request->filter;
}

static uint64_t parse_count(const char *value)
{
	uint64_t count;

	if (number_parse_u64(value, strlen(value), &count) != (int)strlen(value))
		wrong("bad number");
	return count;
}

static void parse_option(struct request *request, int option, char *value)
{
	switch (option) {
	case 's':
		request->query.since_usec = parse_when(value);
		break;
	case 'u':
		request->query.until_usec = parse_when(value);
		break;
	case 'r':
		request->roots.rootfs = value;
		break;
	case 'm':
		add_match(request, value);
		break;
	case 'h':
		request->filter.header = parse_level(value, &request->filter.header_level);
		break;
	case 'B':
		request->filter.records_before = (unsigned)parse_count(value);
		break;
	case 'A':
		request->filter.records_after = (unsigned)parse_count(value);
		break;
	case 'w':
		if (number_parse_duration(value, &request->filter.usec_around) < 0)
			wrong("bad duration");
		break;
	case 'q':
		request->quiet = true;
		break;
	default:
		wrong("unknown option");
	}
}

static void parse_source(struct request *request, char *source)
{
	static const enum klog_kind kinds[] = { KLOG_KMSG, KLOG_SYSLOG, KLOG_JOURNAL, KLOG_FILE };
	char *path = strchr(source, ':');

	if (path) {
		*path = '\0';
		request->path = path + 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(source, klog_kind_name(kinds[i])) == 0) {
			request->kind = kinds[i];
			return;
		}
	}
	wrong("unknown source");
}

static void parse_arguments(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
		{ "since", required_argument, NULL, 's' },  { "until", required_argument, NULL, 'u' },
		{ "rootfs", required_argument, NULL, 'r' }, { "match", required_argument, NULL, 'm' },
		{ "header", required_argument, NULL, 'h' }, { "before", required_argument, NULL, 'B' },
		{ "after", required_argument, NULL, 'A' },  { "around", required_argument, NULL, 'w' },
		{ "quiet", no_argument, NULL, 'q' },        { NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0)
		parse_option(request, option, optarg);
	if (optind != argc - 1)
		wrong("one source expected");
	parse_source(request, argv[optind]);
}

static void show_usec(int64_t usec)
{
	if (usec == KLOG_TIME_UNKNOWN)
		fputs("- ", stdout);
	else
		printf("%" PRId64 " ", usec);
}

static int show_record(const struct klog_record *record, void *data)
{
	const struct request *request = data;
	TEXT_ON_STACK(text, 4 * KLOG_RECORD_MAX);

	if (request->quiet)
		return 0;
	show_usec(record->realtime_usec);
	show_usec(record->monotonic_usec);
	if (record->sequence == KLOG_SEQUENCE_UNKNOWN)
		fputs("- ", stdout);
	else
		printf("%" PRIu64 " ", record->sequence);
	printf("%d.%d %s%s%s ", record->facility, record->level, record->proven ? "p" : "",
	       record->continuation ? "c" : "", record->proven || record->continuation ? "" : "-");
	if (record->has_boot_id)
		printf("%02x%02x%02x%02x ", record->boot_id[0], record->boot_id[1], record->boot_id[2],
		       record->boot_id[3]);
	else
		fputs("- ", stdout);
	text_append_untrusted(&text, record->text, record->text_length, TEXT_UTF8);
	printf("%s|%s\n", record->identifier ? record->identifier : "-", text.data);
	return 0;
}

static void show_failure(const struct klog_failure *failure)
{
	printf("# failed: %s; remedy: %s\n", failure->reason, failure->remedy);
}

int main(int argc, char **argv)
{
	struct request request = {
		.query = { .since_usec = KLOG_TIME_UNKNOWN, .until_usec = KLOG_TIME_UNKNOWN },
		.filter = { .matches = request.matches },
	};
	struct klog_source *source;
	struct klog_summary summary;
	int r;

	parse_arguments(&request, argc, argv);
	if (klog_open(&source, request.kind, request.path, &request.roots, &request.failure) < 0) {
		show_failure(&request.failure);
		return 3;
	}
	klog_drop_privileges();
	r = klog_read(source, &request.query, show_record, &request, &summary, &request.failure);
	if (r < 0)
		show_failure(&request.failure);
	fputs("# oldest=", stdout);
	show_usec(summary.oldest_usec);
	printf("yielded=%" PRIu64 " lost=%" PRIu64 " whole_boot=%d\n", summary.yielded_records,
	       summary.lost_records, summary.whole_boot);
	klog_close(source);
	return r < 0 ? 4 : 0;
}
