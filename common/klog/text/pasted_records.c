/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "klog/text/file_reading.h"
#include "klog/text/pasted.h"

static bool parse(struct klog_reading *reading, struct cursor text, struct klog_record *ret)
{
	const struct klog_clock *clock = &reading->line.clock;

	klog_line_init(&reading->looked_at, clock->reference_usec, clock->latest_usec);
	return klog_line_parse(&reading->looked_at, text.at, cursor_left(&text), ret);
}

static bool has_envelope(const struct klog_record *record)
{
	return record->form == KLOG_FORM_KNOWN &&
	       (record->realtime_usec != KLOG_TIME_UNKNOWN || record->monotonic_usec != KLOG_TIME_UNKNOWN);
}

/* Whether the text parses as a line of the kernel that is looked for. */
static bool reads(struct cursor text, bool enveloped, void *data)
{
	struct klog_reading *reading = data;
	struct klog_record record;

	return parse(reading, text, &record) &&
	       (enveloped ? has_envelope(&record) : record.form != KLOG_FORM_UNKNOWN) &&
	       klog_record_is_kernel(&record) &&
	       reading->query->filter->grammar(record.text, record.text_length) == KLOG_GRAMMAR_LINE;
}

int klog_reading_pasted(struct klog_reading *reading, const struct klog_record *record, bool *ret_read)
{
	const struct klog_record around = *record;
	struct klog_pasted pasted;

	*ret_read = false;
	if (!reading->query->pasted || record->text_length >= sizeof(reading->pasted))
		return 0;
	memcpy(reading->pasted, record->text, record->text_length);
	if (!klog_pasted_find(reading->pasted, record->text_length, around.realtime_usec != KLOG_TIME_UNKNOWN,
			      reads, reading, &pasted))
		return 0;
	*ret_read = true;
	/* The date before the line is the complete one and replaces the pieces' own. */
	int64_t usec = around.realtime_usec;
	if (usec == KLOG_TIME_UNKNOWN && pasted.date.year != 0)
		usec = klog_date_realtime(&reading->line.clock, &pasted.date);
	for (size_t i = 0; i < pasted.count; i++) {
		struct klog_record piece;
		int r;

		if (!parse(reading, pasted.pieces[i], &piece))
			continue;
		if (usec != KLOG_TIME_UNKNOWN)
			piece.realtime_usec = usec;
		if (piece.monotonic_usec == KLOG_TIME_UNKNOWN)
			piece.monotonic_usec = around.monotonic_usec;
		if (piece.host == NULL)
			piece.host = around.host;
		piece.proven = false;
		r = reading->record_fn(&piece, reading->data);
		if (r != 0)
			return r;
	}
	return 0;
}
