/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prints the kills found in a log, one per line, with fields separated by tabs:
 *
 *	pid  comm  anon_rss_kb  constraint  killer  cgroup  time  seen|inferred
 *
 * with - for unknown values. Exit status 0: success, 3: the log cannot be opened, 4: it
 * cannot be read to its end.
 *
 *	oom_dump kmsg|syslog|journal[:PATH]|file:PATH
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/text.h"
#include "oom/parser.h"

static void append_number(struct text *text, int64_t number)
{
	if (number == OOM_UNKNOWN)
		text_append(text, "-\t");
	else
		text_printf(text, "%" PRId64 "\t", number);
}

static void append_time(struct text *text, int64_t usec)
{
	time_t seconds = (time_t)(usec / 1000000);
	char formatted[32] = "-";
	struct tm tm;

	if (usec != KLOG_TIME_UNKNOWN && gmtime_r(&seconds, &tm) != NULL)
		strftime(formatted, sizeof(formatted), "%Y-%m-%dT%H:%M:%SZ", &tm);
	text_append(text, formatted);
}

static void print_kill(const struct oom_kill *kill)
{
	TEXT_ON_STACK(text, 16384);

	append_number(&text, kill->pid);
	text_append_untrusted(&text, kill->comm, strlen(kill->comm), TEXT_ASCII);
	text_append(&text, "\t");
	append_number(&text, kill->anon_rss_kb);
	text_printf(&text, "%s\t%s\t", oom_constraint_name(kill->constraint), oom_killer_name(kill->killer));
	if (kill->cgroup != NULL)
		text_append_untrusted(&text, kill->cgroup, strlen(kill->cgroup), TEXT_ASCII);
	else
		text_append(&text, "-");
	text_append(&text, "\t");
	append_time(&text, kill->realtime_usec);
	printf("%s\t%s\n", text.data, kill->inferred ? "inferred" : "seen");
}

static bool parse_source(char *source, enum klog_kind *ret_kind, const char **ret_path)
{
	static const enum klog_kind kinds[] = { KLOG_KMSG, KLOG_SYSLOG, KLOG_JOURNAL, KLOG_FILE };
	char *colon = strchr(source, ':');

	if (colon != NULL)
		*colon = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(source, klog_kind_name(kinds[i])) == 0) {
			*ret_kind = kinds[i];
			*ret_path = colon != NULL ? colon + 1 : NULL;
			return true;
		}
	}
	return false;
}

static int read_kills(enum klog_kind kind, const char *path, struct oom_parser *parser)
{
	struct klog_query query = { KLOG_TIME_UNKNOWN, KLOG_TIME_UNKNOWN, &oom_filter, NULL, true };
	struct file_roots roots = { .rootfs = "" };
	struct klog_summary summary;
	struct klog_failure failure;
	struct klog_source *source;
	int status = 3, r;

	r = klog_open(&source, kind, path, &roots, &failure);
	if (r == 0) {
		r = klog_read(source, &query, oom_parser_feed, parser, &summary, &failure);
		klog_close(source);
		status = 4;
	}
	/* -ENOMSG: read to the end, but nothing was understood. */
	if (r == 0 || r == -ENOMSG)
		r = oom_parser_flush(parser);
	if (r == 0)
		return 0;
	fprintf(stderr, "oom_dump: %s\n", failure.reason);
	return status;
}

int main(int argc, char **argv)
{
	struct oom_list list = { 0 };
	struct oom_parser *parser = oom_parser_new(&list);
	enum klog_kind kind;
	const char *path;
	int status = 2;

	if (argc == 2 && parser != NULL && parse_source(argv[1], &kind, &path))
		status = read_kills(kind, path, parser);
	else
		fputs("oom_dump kmsg|syslog|journal[:PATH]|file:PATH\n", stderr);
	oom_list_sort(&list);
	for (size_t i = 0; i < list.count; i++)
		print_kill(&list.kills[i]);
	oom_parser_free(parser);
	oom_list_destroy(&list);
	return status;
}
