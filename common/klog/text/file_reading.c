/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/text/file_reading.h"

#include "klog/loss.h"

void klog_reading_oldest(struct klog_summary *summary, int64_t usec)
{
	if (usec != KLOG_TIME_UNKNOWN &&
	    (summary->oldest_usec == KLOG_TIME_UNKNOWN || usec < summary->oldest_usec))
		summary->oldest_usec = usec;
}

/* The first line determines how far back a log reaches. An older date further down was written by a
 * clock that was slow. */
void klog_reading_first(struct klog_reading *reading, int64_t usec)
{
	if (reading->first_usec != KLOG_TIME_UNKNOWN)
		return;
	reading->first_usec = usec;
	klog_reading_oldest(reading->summary, usec);
}

int64_t klog_reading_reference(const struct klog_reading *reading, off_t offset)
{
	const struct klog_plan *plan = &reading->plan;
	size_t place = 0;

	while (place + 1 < plan->place_count && plan->places[place + 1].from < offset)
		place++;
	return plan->place_count > 0 ? plan->places[place].reference_usec
				     : reading->line.clock.reference_usec;
}

void klog_reading_at(struct klog_reading *reading, off_t offset)
{
	reading->line_end = offset;
	klog_clock_refer(&reading->line.clock, klog_reading_reference(reading, offset));
}

/* Counts the records that the log itself reports as lost. */
static void note_loss(struct klog_summary *summary, const struct klog_record *record)
{
	const uint64_t lost = klog_loss_of(record);

	summary->lost_records += lost;
	if (lost > 0 && record->realtime_usec != KLOG_TIME_UNKNOWN &&
	    (summary->lost_since_usec == KLOG_TIME_UNKNOWN ||
	     record->realtime_usec < summary->lost_since_usec))
		summary->lost_since_usec = record->realtime_usec;
}

int klog_reading_host(const struct klog_reading *reading, const struct klog_record *record)
{
	const struct klog_host_watch *hosts = reading->query->hosts;

	return hosts == NULL || record->host == NULL
		       ? 1
		       : hosts->seen(record->host, record->realtime_usec, hosts->data);
}

int klog_reading_record(struct klog_reading *reading, const struct klog_record *record)
{
	const int wanted = klog_reading_host(reading, record);

	klog_reading_form(reading, record);
	if (wanted < 0)
		return wanted;
	klog_reading_first(reading, record->realtime_usec);
	if (record->realtime_usec != KLOG_TIME_UNKNOWN &&
	    (record->realtime_usec < reading->window.from_usec ||
	     record->realtime_usec > reading->window.to_usec))
		return 0;
	reading->summary->yielded_records++;
	if (klog_reading_is_unread(reading, record)) {
		bool is_read;
		int r = klog_reading_pasted(reading, record, &is_read);

		if (r != 0 || is_read) {
			reading->is_known = true;
			return r;
		}
		klog_reading_count_unread(reading);
	}
	if (wanted > 0)
		note_loss(reading->summary, record);
	return reading->record_fn(record, reading->data);
}

int klog_reading_line(struct klog_reading *reading, const char *line, size_t length)
{
	struct klog_record record;

	return klog_line_parse(&reading->line, line, length, &record) ? klog_reading_record(reading, &record)
								      : 0;
}
