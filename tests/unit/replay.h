/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_TESTS_REPLAY_H
#define OOM_TESTS_REPLAY_H
/* Feeds lines to the parser as a source would, and describes the kills found in one line.
 * Include after unit.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "klog/source.h"
#include "oom/parser.h"

static const uint8_t replay_boot[16] = { 0xb0, 0x07 };

struct replay {
	struct oom_list list;
	struct oom_parser *parser;
	int64_t now_usec; /* of the next line, on both clocks */
	int64_t step_usec;
	int r; /* the first error */
};

static inline void replay_begin(struct replay *replay)
{
	*replay = (struct replay){ .now_usec = 1000000, .step_usec = 100 };
	replay->parser = oom_parser_new(&replay->list);
	assert_non_null(replay->parser);
}

static inline void replay_record(struct replay *replay, const struct klog_record *record)
{
	int r = oom_parser_feed(record, replay->parser);

	if (replay->r == 0)
		replay->r = r;
}

/* Feeds a kernel line from a block of exactly length + 1 bytes, so that ASan detects reads
 * beyond it. */
static inline void replay_bytes(struct replay *replay, const char *text, size_t length,
				const char *identifier)
{
	char *exact = malloc(length + 1);

	assert_non_null(exact);
	memcpy(exact, text, length);
	exact[length] = '\0';
	replay_record(replay, &(struct klog_record){
				      .realtime_usec = replay->now_usec,
				      .monotonic_usec = replay->now_usec,
				      .sequence = KLOG_SEQUENCE_UNKNOWN,
				      .facility = identifier == NULL ? KLOG_FACILITY_KERN : KLOG_UNKNOWN,
				      .level = KLOG_UNKNOWN,
				      .proven = identifier == NULL,
				      .has_boot_id = true,
				      .boot_id = { 0xb0, 0x07 },
				      .identifier = identifier,
				      .text = exact,
				      .text_length = length,
			      });
	free(exact);
	replay->now_usec += replay->step_usec;
}

static inline void replay_line(struct replay *replay, const char *text)
{
	replay_bytes(replay, text, strlen(text), NULL);
}

static inline void replay_end(struct replay *replay)
{
	int r = oom_parser_flush(replay->parser);

	if (replay->r == 0)
		replay->r = r;
	oom_list_sort(&replay->list);
}

static inline void replay_free(struct replay *replay)
{
	oom_list_destroy(&replay->list);
	oom_parser_free(replay->parser);
}

/* For example "7 x memcg /victim </limit inferred manual earlyoom". */
static inline void describe_kill(const struct oom_kill *kill, struct text *text)
{
	if (kill->pid == OOM_UNKNOWN)
		text_append(text, "-");
	else
		text_printf(text, "%ld", (long)kill->pid);
	text_append(text, " ");
	text_append_untrusted(text, kill->comm, strlen(kill->comm), TEXT_ASCII);
	text_printf(text, " %s", oom_constraint_name(kill->constraint));
	if (kill->cgroup != NULL)
		text_printf(text, " %s", kill->cgroup);
	if (kill->limit_cgroup != NULL)
		text_printf(text, " <%s", kill->limit_cgroup);
	if (kill->inferred)
		text_append(text, " inferred");
	if (kill->manual)
		text_append(text, " manual");
	if (kill->killer != OOM_KILLER_KERNEL)
		text_printf(text, " %s", oom_killer_name(kill->killer));
	if (kill->rss_kb != OOM_UNKNOWN)
		text_printf(text, " rss=%ld", (long)kill->rss_kb);
}

/* The kills of a replay, separated by "; ". */
static inline void describe_kills(const struct oom_list *list, struct text *text)
{
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			text_append(text, "; ");
		describe_kill(&list->kills[i], text);
	}
}

/* Opens a capture, through xz(1) if it is compressed. */
static inline FILE *capture_open(const char *path, bool *ret_packed)
{
	char command[4 * 4096];
	FILE *file = fopen(path, "r");

	*ret_packed = file == NULL;
	if (file != NULL)
		return file;
	assert_true(snprintf(command, sizeof(command), "xz -dc '%s.xz'", path) < (int)sizeof(command));
	return popen(command, "r");
}

static inline void capture_close(FILE *file, bool packed)
{
	if (packed)
		assert_int_equal(pclose(file), 0);
	else
		fclose(file);
}

/* Feeds a capture of /dev/kmsg, as the kmsg reader would. */
static inline void replay_capture(struct replay *replay, const char *path)
{
	static char text[KLOG_RECORD_MAX];
	bool packed;
	FILE *file = capture_open(path, &packed);
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	assert_non_null(file);
	while ((length = getline(&line, &size, file)) > 0) {
		struct klog_record record;

		if (line[length - 1] == '\n')
			length--;
		if (line[0] == ' ' || klog_kmsg_parse(line, (size_t)length, text, sizeof(text), &record) < 0)
			continue;
		record.proven = true;
		record.has_boot_id = true;
		memcpy(record.boot_id, replay_boot, sizeof(record.boot_id));
		replay_record(replay, &record);
	}
	free(line);
	capture_close(file, packed);
}

#endif
