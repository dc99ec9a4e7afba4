/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer target: the line formats of text logs. The lines of the input are one file; the
 * parsed records go to the OOM parser. */
#include <stdlib.h>
#include <string.h>

#include "klog/text/line.h"
#include "oom/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WRITTEN_USEC INT64_C(1795383365000000)

static void check(const struct klog_record *record)
{
	/* Terminated, bounded, and never proven because anybody can write a file. */
	if (record->text_length >= KLOG_RECORD_MAX || record->text[record->text_length] != '\0' ||
	    record->proven)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct klog_line_context context;
	struct oom_list list = { 0 };
	struct oom_parser *parser = oom_parser_new(&list);

	if (parser == NULL)
		return 0;
	klog_line_init(&context, WRITTEN_USEC, WRITTEN_USEC);
	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		const size_t length = end != NULL ? (size_t)(end - data) : size;
		/* of the exact size, so that reads beyond it are detected */
		char *line = malloc(length > 0 ? length : 1);
		struct klog_record record;

		if (line == NULL)
			break;
		memcpy(line, data, length);
		if (klog_line_parse(&context, line, length, &record)) {
			check(&record);
			oom_parser_feed(&record, parser);
		}
		free(line);
		data += length + (end != NULL);
		size -= length + (end != NULL);
	}
	oom_parser_flush(parser);
	oom_parser_free(parser);
	oom_list_destroy(&list);
	return 0;
}
