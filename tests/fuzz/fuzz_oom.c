/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer target: the OOM parser. The lines of the input are records; the first byte of a line
 * sets its origin, times and flags, so that every path through the parser can be reached. */
#include <stdlib.h>
#include <string.h>

#include "oom/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(struct oom_parser *parser, const uint8_t *line, size_t length, int64_t *now_usec)
{
	static const char *const identifiers[] = { NULL, "kernel", "systemd-oomd", "earlyoom" };
	uint8_t how = length > 0 ? line[0] : 0;
	struct klog_record record = {
		.realtime_usec = how & 0x04 ? KLOG_TIME_UNKNOWN : *now_usec,
		.monotonic_usec = how & 0x08 ? KLOG_TIME_UNKNOWN : *now_usec,
		.sequence = KLOG_SEQUENCE_UNKNOWN,
		.facility = how & 0x10 ? KLOG_FACILITY_KERN : KLOG_UNKNOWN,
		.level = KLOG_UNKNOWN,
		.continuation = how & 0x20,
		.proven = how & 0x10,
		.has_boot_id = how & 0x10,
		.boot_id = { how & 0x40 ? 1 : 2 },
		.identifier = identifiers[how & 0x03],
	};
	/* of the exact size, so that reads beyond it are detected */
	char *text = malloc(length + 1);

	if (text == NULL)
		return;
	record.text_length = length > 0 ? length - 1 : 0;
	if (record.text_length > 0)
		memcpy(text, line + 1, record.text_length);
	text[record.text_length] = '\0';
	record.text = text;
	oom_parser_feed(&record, parser);
	*now_usec += how & 0x80 ? 30 * INT64_C(1000000) : 10;
	free(text);
}

static void check(const struct oom_list *list)
{
	int64_t newest_usec = KLOG_TIME_UNKNOWN;

	for (size_t i = 0; i < list->count; i++) {
		const struct oom_kill *kill = &list->kills[i];
		const bool has_time = kill->realtime_usec != KLOG_TIME_UNKNOWN;

		if (kill->pid < OOM_UNKNOWN || memchr(kill->comm, '\0', sizeof(kill->comm)) == NULL ||
		    (has_time && kill->realtime_usec < newest_usec) ||
		    (kill->killer == OOM_KILLER_SYSTEMD_OOMD && kill->cgroup == NULL))
			abort();
		if (has_time)
			newest_usec = kill->realtime_usec;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct oom_list list = { 0 };
	struct oom_parser *parser = oom_parser_new(&list);
	int64_t now_usec = 1000;

	if (parser == NULL)
		return 0;
	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t length = end != NULL ? (size_t)(end - data) : size;

		feed(parser, data, length, &now_usec);
		length += end != NULL;
		data += length;
		size -= length;
	}
	oom_parser_flush(parser);
	oom_list_sort(&list);
	check(&list);
	oom_parser_free(parser);
	oom_list_destroy(&list);
	return 0;
}
