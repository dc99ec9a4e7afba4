/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mem_forecast.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "history.h"
#include "host/trend.h"
#include "host/value.h"
#include "state/rows.h"
#include "state/state.h"

#define STATE_VERSION 2
#define STATE_MAX     65536
#define USEC_PER_MIN  INT64_C(60000000)

/* Runs within WINDOW_USEC count: fifteen at one per minute.  If they are less frequent, such as
 * every five minutes, the newest RUNS_KEPT count, but none older than TOO_OLD_USEC. */
#define WINDOW_USEC  (15 * USEC_PER_MIN)
#define RUNS_KEPT    6
#define TOO_OLD_USEC (90 * USEC_PER_MIN)
/* Forecasts reach at most this many times the observed time. */
#define REACH 20

struct series {
	struct host_sample samples[HOST_TREND_MAX]; /* this run's is the last */
	size_t count;
};

static void add(struct series *series, const struct host_sample *sample)
{
	if (series->count == HOST_TREND_MAX) {
		memmove(series->samples, series->samples + 1,
			(HOST_TREND_MAX - 1) * sizeof(series->samples[0]));
		series->count--;
	}
	series->samples[series->count++] = *sample;
}

static void drop_old(struct series *series, int64_t now)
{
	size_t old = 0;

	while (old < series->count &&
	       (series->samples[old].time_usec <= now - TOO_OLD_USEC ||
		(series->samples[old].time_usec <= now - WINDOW_USEC && series->count - old > RUNS_KEPT)))
		old++;
	series->count -= old;
	memmove(series->samples, series->samples + old, series->count * sizeof(series->samples[0]));
}

/* Reads the rows "s NODE TIME_USEC KB" of this boot, in order of time. */
static void read_series(struct series *series, int node, char *text, const char *boot_id, int64_t now)
{
	struct rows_row row;
	int64_t of_node, time, kb, newest = 0;
	bool this_boot = false;
	int r;

	while ((r = rows_next(&text, &row)) != 0) {
		if (r > 0 && strcmp(row.fields[0], "boot") == 0)
			this_boot = strcmp(rows_get_string(&row, 1), boot_id) == 0;
		if (r < 0 || !this_boot || rows_get_number(&row, 1, &of_node) < 0 ||
		    rows_get_number(&row, 2, &time) < 0 || rows_get_number(&row, 3, &kb) < 0)
			continue;
		if (of_node != node || time <= newest || time >= now || kb < 0 ||
		    (uint64_t)kb > HOST_VALUE_MAX)
			continue;
		newest = time;
		add(series, &(struct host_sample){ time, (uint64_t)kb });
	}
	drop_old(series, now);
}

static void write_series(struct text *text, const struct series *series, int node)
{
	for (size_t i = 0; i < series->count; i++) {
		rows_begin(text, "s");
		rows_number(text, node);
		rows_number(text, series->samples[i].time_usec);
		rows_number(text, (int64_t)series->samples[i].kb);
		rows_end(text);
	}
}

/* Returns whether there was enough history. */
static bool forecast_exhaustion(struct mem_subject *subject, const struct series *series,
				int64_t horizon_usec)
{
	double fall_kb_per_second;

	if (!host_trend_fall(series->samples, series->count, REACH, &fall_kb_per_second))
		return false;
	subject->fall = mem_bytes(1) * fall_kb_per_second;
	subject->runs_out =
		subject->fall > 0 && subject->available / subject->fall * 1e6 < (double)horizon_usec;
	return true;
}

/* Options that change the amount have a separate history. */
static void name_history(struct text *name, const struct mem_options *options, const struct file_roots *roots)
{
	state_name(name, options->per_node ? "nodes" : "host", roots);
	if (options->hugepages.wanted)
		text_printf(name, "-huge%llu", (unsigned long long)options->hugepages.page_bytes);
	if (options->rules.include_hugepages)
		text_append(name, "-with-huge");
	if (options->rules.arc_evictable)
		text_append(name, "-arc");
	if (options->rules.reserved_kb > 0)
		text_printf(name, "-less%llu", (unsigned long long)options->rules.reserved_kb);
}

void mem_forecast(struct mem_history *history, struct mem_measured *measured,
		  const struct mem_options *options, int64_t horizon_usec, const struct file_roots *roots)
{
	/* `saved` belongs to *history and is not freed. */
	AUTO_FREE char *loaded = malloc(STATE_MAX);
	AUTO_FREE char *copy = malloc(STATE_MAX);
	char *saved = malloc(STATE_MAX);
	/* This clock cannot be set and starts at 0 at boot. */
	const int64_t now = clock_usec(CLOCK_BOOTTIME);
	char boot_id[BOOT_ID_TEXT_MAX];
	size_t count;
	struct mem_subject *subjects = mem_subjects(measured, &count);
	TEXT_ON_STACK(name, STATE_NAME_MAX + 1);

	name_history(&name, options, roots);
	state_open(&history->state, "check_mem_available", name.data, STATE_VERSION);
	if (!loaded || !copy || !saved) {
		state_reject(&history->state, -ENOMEM);
		free(saved);
		return;
	}
	text_init(&history->text, saved, STATE_MAX);
	if (state_load(&history->state, loaded, STATE_MAX) < 0)
		loaded[0] = '\0';
	history->is_blind = history->state.found == STATE_NOT_READ;
	history->is_blind |= !history_read_boot_id(&history->state, boot_id, roots);
	history_append_boot_id(&history->text, boot_id);
	for (size_t i = 0; i < count; i++) {
		struct series series = { .count = 0 };

		memcpy(copy, loaded, strlen(loaded) + 1);
		read_series(&series, subjects[i].node, copy, boot_id, now);
		add(&series, &(struct host_sample){ now, (uint64_t)(subjects[i].available / 1024) });
		history->enough |= forecast_exhaustion(&subjects[i], &series, horizon_usec);
		write_series(&history->text, &series, subjects[i].node);
	}
}

int mem_forecast_save(struct mem_history *history, struct text *reason)
{
	struct state *state = &history->state;

	if (!history->text.truncated)
		return history_save(state, &history->text, reason);
	text_append(reason, "too many nodes to save");
	state_close(state);
	return -E2BIG;
}
