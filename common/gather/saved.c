/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/saved.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/boot_id.h"

void saved_destroy(struct saved_kills *saved)
{
	for (size_t i = 0; i < saved->kill_count; i++)
		oom_kill_destroy(&saved->kills[i].kill);
	free(saved->kills);
	saved->kills = NULL;
	saved->kill_count = 0;
}

/* After the list has merged accounts of one death, the PID and one of the clocks are as
 * remembered. */
static bool is_remembered(const struct oom_kill *kill, const struct oom_kill *remembered)
{
	if (kill->pid != remembered->pid || kill->has_boot_id != remembered->has_boot_id ||
	    (kill->has_boot_id && !boot_id_same(kill->boot_id, remembered->boot_id)))
		return false;
	/* Several lines of a text log may have the same PID and time. */
	if (oom_kill_contradicts(kill, remembered))
		return false;
	if (kill->has_boot_id && kill->monotonic_usec != KLOG_TIME_UNKNOWN)
		return kill->monotonic_usec == remembered->monotonic_usec;
	return kill->realtime_usec == remembered->realtime_usec &&
	       (kill->realtime_usec != KLOG_TIME_UNKNOWN ||
		kill->monotonic_usec == remembered->monotonic_usec);
}

/* saved->kill_count if it is new. */
static size_t find(const struct saved_kills *saved, const struct oom_kill *kill)
{
	size_t i = 0;

	while (i < saved->kill_count && !is_remembered(kill, &saved->kills[i].kill))
		i++;
	return i;
}

const struct saved_kill *saved_find(const struct saved_kills *saved, const struct oom_kill *kill)
{
	const size_t i = find(saved, kill);

	return i < saved->kill_count ? &saved->kills[i] : NULL;
}

/* Wall times of ring records are computed anew in each run.  Keep the first result: it was nearest
 * to the kill, and every run and program then reports the same time. */
static void keep_times(const struct saved_kills *saved, struct oom_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct saved_kill *remembered = saved_find(saved, &list->kills[i]);

		if (remembered && remembered->kill.realtime_usec != KLOG_TIME_UNKNOWN)
			list->kills[i].realtime_usec = remembered->kill.realtime_usec;
	}
}

int saved_add_kills(const struct saved_kills *saved, const struct gather_request *request,
		    struct oom_list *list)
{
	for (size_t i = 0; i < saved->kill_count; i++) {
		struct oom_kill kill;
		int r;

		/* It could never leave the window. */
		if (saved->kills[i].kill.realtime_usec == KLOG_TIME_UNKNOWN && !request->hold_unacknowledged)
			continue;
		r = oom_kill_copy(&kill, &saved->kills[i].kill);
		kill.remembered = true;
		if (r == 0 && (r = oom_list_add(list, &kill)) < 0)
			oom_kill_destroy(&kill);
		if (r < 0)
			return r;
	}
	keep_times(saved, list);
	return 0;
}

void saved_name_vms(struct saved_kills *saved, const struct gather_result *result)
{
	for (size_t i = 0; i < result->known_count; i++) {
		const size_t found = find(saved, result->kills[i].kill);

		if (found == saved->kill_count)
			continue;
		saved->kills[found].vm = result->kills[i].vm;
		saved->kills[found].named = true;
	}
}

/* Times in a text log have a resolution of a second, and a line of the last two seconds may not
 * have been written yet.  An acknowledgement ends this much before it was given, so that it does
 * not cover a kill that was not yet visible. */
#define UNSEEN_USEC 2000000

/* In the boot of the acknowledgement kernel times are compared, because the wall clock may have been
 * set since. */
static bool covers(const struct saved_acknowledgement *given, const struct oom_kill *kill)
{
	if (kill->has_boot_id && boot_id_same(kill->boot_id, given->boot_id))
		return given->monotonic_usec != KLOG_TIME_UNKNOWN &&
		       kill->monotonic_usec != KLOG_TIME_UNKNOWN &&
		       kill->monotonic_usec <= given->monotonic_usec;
	return kill->realtime_usec != KLOG_TIME_UNKNOWN && kill->realtime_usec <= given->realtime_usec;
}

/* Whether the kill may have been visible when the acknowledgement was given: it was not later than
 * that.  realtime_usec is UNSEEN_USEC earlier. */
static bool may_cover(const struct saved_acknowledgement *given, const struct oom_kill *kill)
{
	return given->realtime_usec != KLOG_TIME_UNKNOWN && kill->realtime_usec != KLOG_TIME_UNKNOWN &&
	       kill->realtime_usec <= given->realtime_usec + UNSEEN_USEC;
}

const struct saved_acknowledgement *saved_acknowledgement_of(const struct saved_kills *saved,
							     const struct oom_kill *kill)
{
	const struct saved_acknowledgement *by_time = NULL;

	for (size_t i = 0; i < saved->acknowledgement_count; i++) {
		const struct saved_acknowledgement *given = &saved->acknowledgements[i];

		if (!covers(given, kill) && !may_cover(given, kill))
			continue;
		/* It may be either: give no name rather than a wrong one. */
		if (by_time)
			return strcmp(by_time->by, given->by) == 0 ? by_time : NULL;
		if (covers(given, kill))
			return given;
		by_time = given;
	}
	return by_time;
}

bool saved_is_acknowledged(const struct saved_kills *saved, const struct oom_kill *kill)
{
	const struct saved_kill *remembered = saved_find(saved, kill);

	if (remembered && remembered->acknowledged)
		return true;
	for (size_t i = 0; i < saved->acknowledgement_count; i++) {
		if (covers(&saved->acknowledgements[i], kill))
			return true;
	}
	return false;
}

void saved_clock_is(struct saved_kills *saved, int64_t now_usec)
{
	for (size_t i = 0; i < saved->acknowledgement_count; i++) {
		if (saved->acknowledgements[i].realtime_usec > now_usec)
			saved->acknowledgements[i].realtime_usec = KLOG_TIME_UNKNOWN;
	}
	if (saved->forgotten.counted_usec > now_usec)
		saved->forgotten.counted_usec = now_usec;
	if (saved->forgotten.ignored_usec > now_usec)
		saved->forgotten.ignored_usec = now_usec;
	for (size_t i = 0; i < saved->missing_count; i++) {
		if (saved->missing[i].realtime_usec > now_usec)
			saved->missing[i].realtime_usec = now_usec;
	}
	if (saved->loss.realtime_usec > now_usec)
		saved->loss.realtime_usec = now_usec;
	/* Kills of a text log keep their time: they are recognised by it alone. */
	for (size_t i = 0; i < saved->kill_count; i++) {
		struct oom_kill *kill = &saved->kills[i].kill;

		if (kill->has_boot_id && kill->monotonic_usec != KLOG_TIME_UNKNOWN &&
		    kill->realtime_usec > now_usec)
			kill->realtime_usec = now_usec;
	}
}

uint64_t saved_missing_since(const struct saved_kills *saved, int64_t since_usec)
{
	uint64_t count = 0;

	for (size_t i = 0; i < saved->missing_count; i++) {
		if (!saved->missing[i].acknowledged &&
		    (since_usec == KLOG_TIME_UNKNOWN || saved->missing[i].realtime_usec >= since_usec))
			count += saved->missing[i].count;
	}
	return count;
}

/* Makes room for one more.  The newer of two acknowledgements covers what the older one does. */
static struct saved_acknowledgement *add_acknowledgement(struct saved_kills *saved)
{
	struct saved_acknowledgement *list = saved->acknowledgements;

	if (saved->acknowledgement_count == SAVED_ACKNOWLEDGEMENTS_MAX) {
		if (strcmp(list[0].by, list[1].by) != 0)
			list[1].by[0] = '\0';
		if (strcmp(list[0].comment, list[1].comment) != 0)
			list[1].comment[0] = '\0';
		memmove(list, list + 1, (SAVED_ACKNOWLEDGEMENTS_MAX - 1) * sizeof(list[0]));
		saved->acknowledgement_count--;
	}
	return &list[saved->acknowledgement_count++];
}

void saved_acknowledge(struct saved_kills *saved, const struct gather_request *request, const char *by,
		       const char *comment)
{
	struct saved_acknowledgement *given = add_acknowledgement(saved);

	*given = (struct saved_acknowledgement){
		.realtime_usec = request->now_usec - UNSEEN_USEC,
		.monotonic_usec = KLOG_TIME_UNKNOWN,
	};
	text_copy(given->by, sizeof(given->by), by ? by : "");
	text_copy(given->comment, sizeof(given->comment), comment ? comment : "");
	/* Not from the account: kernels before 4.13 have none. */
	boot_id_read(&request->roots, given->boot_id);
	for (size_t i = 0; i < saved->kill_count; i++) {
		const struct oom_kill *kill = &saved->kills[i].kill;

		saved->kills[i].acknowledged = true;
		if (kill->has_boot_id && boot_id_same(kill->boot_id, given->boot_id) &&
		    kill->monotonic_usec > given->monotonic_usec)
			given->monotonic_usec = kill->monotonic_usec;
	}
	for (size_t i = 0; i < saved->missing_count; i++)
		saved->missing[i].acknowledged = true;
	saved->forgotten = (struct gather_forgotten){ 0 };
	/* Also acknowledges that the log has lost its beginning.  Otherwise this would be reported
	 * until the window has passed, although nothing can be done about it. */
	saved->account.counter_valid_since_usec = GATHER_ACKNOWLEDGED_USEC;
	saved->loss = (struct saved_loss){ 0 };
}
