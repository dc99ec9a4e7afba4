/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mem_forecast.h"

#include <string.h>
#include <time.h>

#include "host/trend.h"
#include "host/value.h"
#include "state/rows.h"
#include "state/state.h"

#define STATE_VERSION 1
#define STATE_MAX     65536
#define USEC_PER_SEC  INT64_C(1000000)

/* How far back runs count: fifteen at one a minute. */
#define WINDOW_USEC (15 * 60 * USEC_PER_SEC)
/* Nothing is foretold further than twenty times what was seen. */
#define REACH 20

struct series {
	struct host_sample samples[HOST_TREND_MAX]; /* this run's comes last */
	size_t count;
};

static int64_t now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

static void add(struct series *series, const struct host_sample *sample)
{
	if (series->count == HOST_TREND_MAX) {
		memmove(series->samples, series->samples + 1,
			(HOST_TREND_MAX - 1) * sizeof(series->samples[0]));
		series->count--;
	}
	series->samples[series->count++] = *sample;
}

/* "s NODE TIME KB" of the window before now, in order; a clock that was set
 * back leaves samples of the future, which are dropped. */
static void read_series(struct series *series, int node, char *text, int64_t now)
{
	struct rows_row row;
	int64_t of_node, time, kb, newest = now - WINDOW_USEC;
	int r;

	while ((r = rows_next(&text, &row)) != 0) {
		if (r < 0 || rows_get_number(&row, 1, &of_node) < 0 || rows_get_number(&row, 2, &time) < 0 ||
		    rows_get_number(&row, 3, &kb) < 0)
			continue;
		if (of_node != node || time <= newest || time >= now || kb < 0 ||
		    (uint64_t)kb > HOST_VALUE_MAX)
			continue;
		newest = time;
		add(series, &(struct host_sample){ time, (uint64_t)kb });
	}
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
static bool foretell(struct mem_subject *subject, const struct series *series, int64_t horizon_usec)
{
	const int64_t seen_usec = series->samples[series->count - 1].time_usec - series->samples[0].time_usec;
	double fall_kb_per_second;

	if (seen_usec < horizon_usec / REACH ||
	    !host_trend_fall(series->samples, series->count, &fall_kb_per_second))
		return false;
	subject->fall = mem_bytes(1) * fall_kb_per_second;
	subject->runs_out =
		subject->fall > 0 && subject->available / subject->fall * 1e6 < (double)horizon_usec;
	return true;
}

/* Runs with options that change the amount have a history of their own. */
static void name_history(struct text *name, const struct mem_wish *wish)
{
	text_append(name, wish->per_node ? "nodes" : "host");
	if (wish->hugepages.wanted)
		text_printf(name, "-huge%llu", (unsigned long long)wish->hugepages.page_bytes);
	if (wish->rules.include_hugepages)
		text_append(name, "-with-huge");
	if (wish->rules.arc_evictable)
		text_append(name, "-arc");
	if (wish->rules.reserved_kb > 0)
		text_printf(name, "-less%llu", (unsigned long long)wish->rules.reserved_kb);
}

bool mem_forecast(struct mem_measured *measured, const struct mem_wish *wish, int64_t horizon_usec,
		  struct text *reason)
{
	static char loaded[STATE_MAX], copy[STATE_MAX], saved[STATE_MAX];
	const int64_t now = now_usec();
	size_t count;
	struct mem_subject *subjects = mem_judged(measured, &count);
	bool known = false;
	struct state state;
	struct text text;
	TEXT_ON_STACK(name, STATE_NAME_MAX + 1);

	name_history(&name, wish);
	text_init(&text, saved, sizeof(saved));
	state_open(&state, "check_mem_available", name.data, STATE_VERSION);
	if (state_load(&state, loaded, sizeof(loaded)) < 0)
		loaded[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		struct series series = { .count = 0 };

		memcpy(copy, loaded, sizeof(copy));
		read_series(&series, subjects[i].node, copy, now);
		add(&series, &(struct host_sample){ now, (uint64_t)(subjects[i].available / 1024) });
		known |= foretell(&subjects[i], &series, horizon_usec);
		write_series(&text, &series, subjects[i].node);
	}
	if (text.truncated)
		text_append(reason, "more nodes than can be remembered");
	else
		state_save(&state, saved, text.length);
	state_close(&state);
	if (state.failure.error)
		text_append(reason, state.failure.reason);
	return known;
}
