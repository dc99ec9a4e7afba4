/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel_growth.h"

#include <string.h>

#include "base/clock.h"
#include "history.h"
#include "state/rows.h"

#define STATE_VERSION 1
#define STATE_MAX     16384 /* 96 samples of 60 bytes */
#define SAMPLES_SAVED 64    /* of the time that is asked for: of more frequent runs not all */

/* "sample TIME SLAB UNACCOUNTED", in the order of time. */
static bool parse_sample(const struct rows_row *row, struct kernel_sample *ret)
{
	int64_t kb[KERNEL_AMOUNTS];

	if (strcmp(row->fields[0], "sample") != 0 || rows_get_number(row, 1, &ret->time_usec) < 0)
		return false;
	for (size_t i = 0; i < KERNEL_AMOUNTS; i++) {
		if (rows_get_number(row, 2 + i, &kb[i]) < 0 || kb[i] < 0 || (uint64_t)kb[i] > HOST_VALUE_MAX)
			return false;
		ret->kb[i] = (uint64_t)kb[i];
	}
	return true;
}

static void read_samples(struct kernel_growth *growth, char *text, int64_t now)
{
	struct kernel_sample sample;
	struct rows_row row;
	bool this_boot = false;
	int64_t newest = 0;
	int r;

	while ((r = rows_next(&text, &row)) != 0) {
		if (r > 0 && strcmp(row.fields[0], "boot") == 0)
			this_boot = strcmp(rows_get_string(&row, 1), growth->boot_id) == 0;
		if (r < 0 || !this_boot || !parse_sample(&row, &sample) || sample.time_usec <= newest ||
		    sample.time_usec >= now ||
		    now - sample.time_usec - growth->over_usec > growth->over_usec / 6)
			continue;
		newest = sample.time_usec;
		if (growth->count < KERNEL_SAMPLES_MAX - 1)
			growth->samples[growth->count++] = sample;
	}
}

/* The lowest of the samples from..to.  False: there is none. */
static bool find_lowest(const struct kernel_growth *growth, int64_t from, int64_t to,
			enum kernel_amount amount, uint64_t *ret)
{
	bool found = false;

	for (size_t i = 0; i < growth->count; i++) {
		const struct kernel_sample *sample = &growth->samples[i];

		if (sample->time_usec < from || sample->time_usec > to ||
		    (found && sample->kb[amount] >= *ret))
			continue;
		*ret = sample->kb[amount];
		found = true;
	}
	return found;
}

static void compare(struct kernel_growth *growth, int64_t now)
{
	const int64_t sixth = growth->over_usec / 6;

	growth->watched_usec = now - growth->samples[0].time_usec;
	growth->is_known = true;
	for (enum kernel_amount amount = 0; amount < KERNEL_AMOUNTS; amount++) {
		uint64_t before = 0, after = 0;

		growth->is_known &=
			find_lowest(growth, 0, now - growth->over_usec + sixth, amount, &before) &&
			find_lowest(growth, now - sixth, now, amount, &after);
		if (growth->is_known)
			growth->growth_kb[amount] = (int64_t)after - (int64_t)before;
	}
}

void kernel_growth_read(struct kernel_growth *growth, const struct host_kernel_memory *memory,
			int64_t over_usec, const struct file_roots *roots)
{
	const int64_t now = clock_usec(CLOCK_BOOTTIME);
	char saved[STATE_MAX];
	TEXT_ON_STACK(stem, 64);
	TEXT_ON_STACK(name, STATE_NAME_MAX + 1);

	growth->over_usec = over_usec;
	text_printf(&stem, "kernel-%llds", (long long)(over_usec / 1000000));
	state_name(&name, stem.data, roots);
	state_open(&growth->state, "check_mem_kernel", name.data, STATE_VERSION);
	if (state_load(&growth->state, saved, sizeof(saved)) < 0)
		saved[0] = '\0';
	growth->is_blind = growth->state.found == STATE_NOT_READ;
	growth->is_blind |= !history_read_boot_id(&growth->state, growth->boot_id, roots);
	read_samples(growth, saved, now);
	growth->samples[growth->count++] =
		(struct kernel_sample){ now, { memory->slab_unreclaimable_kb, memory->unaccounted_kb } };
	compare(growth, now);
}

int kernel_growth_save(struct kernel_growth *growth, struct text *reason)
{
	int64_t saved_usec = INT64_MIN / 2;
	char rows[STATE_MAX];
	struct text text;

	text_init(&text, rows, sizeof(rows));
	history_append_boot_id(&text, growth->boot_id);
	for (size_t i = 0; i < growth->count; i++) {
		if (growth->samples[i].time_usec - saved_usec < growth->over_usec / SAMPLES_SAVED)
			continue;
		saved_usec = growth->samples[i].time_usec;
		rows_begin(&text, "sample");
		rows_number(&text, growth->samples[i].time_usec);
		for (size_t amount = 0; amount < KERNEL_AMOUNTS; amount++)
			rows_number(&text, (int64_t)growth->samples[i].kb[amount]);
		rows_end(&text);
	}
	return history_save(&growth->state, &text, reason);
}
