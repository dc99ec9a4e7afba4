/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oom/counter.h"

#include <errno.h>
#include <stdbool.h>
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

static bool same_line(const struct counter_line *a, const struct counter_line *b)
{
	return a->boot == b->boot && a->monotonic_usec == b->monotonic_usec && a->pid == b->pid;
}

/* The slot that holds the line, or the free slot for it. */
static struct counter_line *find_slot(struct counter_line *lines, size_t slots,
				      const struct counter_line *line)
{
	uint64_t hash =
		((uint64_t)line->monotonic_usec ^ (uint64_t)line->pid << 40) * UINT64_C(0x9E3779B97F4A7C15);
	size_t slot = (size_t)(hash >> 32) & (slots - 1);

	while (lines[slot].boot != 0 && !same_line(&lines[slot], line))
		slot = (slot + 1) & (slots - 1);
	return &lines[slot];
}

static int grow(struct counter *counter)
{
	size_t slots = counter->slots > 0 ? 2 * counter->slots : 32;
	struct counter_line *lines = calloc(slots, sizeof(lines[0]));

	if (lines == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < counter->slots; i++) {
		if (counter->lines[i].boot != 0)
			*find_slot(lines, slots, &counter->lines[i]) = counter->lines[i];
	}
	free(counter->lines);
	counter->lines = lines;
	counter->slots = slots;
	return 0;
}

int counter_add(struct counter *counter, const struct klog_record *record, int64_t pid)
{
	struct counter_line line = { .monotonic_usec = record->monotonic_usec, .pid = pid };
	bool has_time = record->monotonic_usec != KLOG_TIME_UNKNOWN;
	struct counter_boot *boot;

	if (!record->has_boot_id)
		return 0;
	boot = get_boot(counter, record->boot_id);
	line.boot = boot->number;
	if (has_time && counter->slots > 0 && find_slot(counter->lines, counter->slots, &line)->boot != 0)
		return 0;
	boot->lines++;
	if (!has_time)
		return 0;
	if (counter->line_count >= COUNTER_LINES_MAX) {
		counter->is_full = true;
		return 0;
	}
	if (2 * (counter->line_count + 1) > counter->slots && grow(counter) < 0)
		return -ENOMEM;
	*find_slot(counter->lines, counter->slots, &line) = line;
	counter->line_count++;
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

	for (size_t i = 0; boot != NULL && i < counter->slots; i++) {
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
