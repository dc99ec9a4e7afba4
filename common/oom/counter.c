/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oom/counter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct counter_boot *find_boot(const struct counter *counter, const uint8_t id[16])
{
	for (unsigned i = 0; i < COUNTER_BOOTS_MAX; i++) {
		const struct counter_boot *boot = &counter->boots[i];

		if (boot->number != 0 && memcmp(boot->id, id, sizeof(boot->id)) == 0)
			return boot;
	}
	return NULL;
}

/* Finds the boot, or adds it. */
static struct counter_boot *get_boot(struct counter *counter, const uint8_t id[16])
{
	const struct counter_boot *known = find_boot(counter, id);
	const unsigned count = counter->boot_count;
	struct counter_boot *boot;

	if (known != NULL)
		return &counter->boots[known - counter->boots];
	boot = &counter->boots[count < COUNTER_BOOTS_MAX ? count : 1 + (count - 1) % (COUNTER_BOOTS_MAX - 1)];
	counter->boot_count++;
	*boot = (struct counter_boot){ .number = counter->boot_count };
	memcpy(boot->id, id, sizeof(boot->id));
	return boot;
}

static int compare(const void *a_line, const void *b_line)
{
	const struct counter_line *a = a_line, *b = b_line;

	if (a->boot != b->boot)
		return a->boot < b->boot ? -1 : 1;
	if (a->monotonic_usec != b->monotonic_usec)
		return a->monotonic_usec < b->monotonic_usec ? -1 : 1;
	return (a->pid > b->pid) - (a->pid < b->pid);
}

static bool holds(const struct counter *counter, const struct counter_line *line)
{
	return counter->line_count > 0 &&
	       bsearch(line, counter->lines, counter->line_count, sizeof(*line), compare) != NULL;
}

/* Puts the line where it belongs.  A source yields its lines in order, so this is near the end. */
static void insert(struct counter *counter, const struct counter_line *line)
{
	size_t place = counter->line_count++;

	for (; place > 0 && compare(&counter->lines[place - 1], line) > 0; place--)
		counter->lines[place] = counter->lines[place - 1];
	counter->lines[place] = *line;
}

static int grow(struct counter *counter)
{
	const size_t allocated = counter->allocated > 0 ? 2 * counter->allocated : 16;
	struct counter_line *lines = reallocarray(counter->lines, allocated, sizeof(lines[0]));

	if (lines == NULL)
		return -ENOMEM;
	counter->lines = lines;
	counter->allocated = allocated;
	return 0;
}

int counter_add(struct counter *counter, const struct klog_record *record, int64_t pid)
{
	struct counter_line line = { .monotonic_usec = record->monotonic_usec, .pid = pid };
	struct counter_boot *boot;

	if (!record->has_boot_id)
		return 0;
	boot = get_boot(counter, record->boot_id);
	line.boot = boot->number;
	if (holds(counter, &line))
		return 0;
	boot->lines++;
	if (line.monotonic_usec == KLOG_TIME_UNKNOWN) /* it could not be recognised */
		return 0;
	if (counter->line_count == COUNTER_LINES_MAX) {
		counter->is_full = true;
		return 0;
	}
	if (counter->line_count == counter->allocated && grow(counter) < 0)
		return -ENOMEM;
	insert(counter, &line);
	return 0;
}

uint64_t counter_lines(const struct counter *counter, const uint8_t boot_id[16])
{
	const struct counter_boot *boot = find_boot(counter, boot_id);

	return boot != NULL ? boot->lines : 0;
}

uint64_t counter_lines_after(const struct counter *counter, const uint8_t boot_id[16], int64_t monotonic_usec,
			     int64_t *ret_newest_usec)
{
	const struct counter_boot *boot = find_boot(counter, boot_id);
	uint64_t count = 0;

	for (size_t i = 0; boot != NULL && i < counter->line_count; i++) {
		const struct counter_line *line = &counter->lines[i];

		if (line->boot != boot->number)
			continue;
		count += line->monotonic_usec > monotonic_usec;
		if (line->monotonic_usec > *ret_newest_usec)
			*ret_newest_usec = line->monotonic_usec;
	}
	return count;
}

void counter_destroy(struct counter *counter)
{
	free(counter->lines);
	*counter = (struct counter){ 0 };
}
