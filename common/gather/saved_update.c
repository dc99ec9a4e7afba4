/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is remembered of a run. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/boot_id.h"
#include "base/cleanup.h"
#include "gather/saved.h"
#include "gather/select.h"

/* Their lines were read later, because journald or a console was slow. */
static void withdraw_missing(struct saved_kills *saved, uint64_t count)
{
	while (count > 0 && saved->missing_count > 0) {
		struct saved_missing *newest = &saved->missing[saved->missing_count - 1];
		const uint64_t found = newest->count < count ? newest->count : count;

		newest->count -= found;
		count -= found;
		saved->missing_count -= newest->count == 0;
	}
}

/* Drops the oldest acknowledged entry; if there is none, merges the oldest two. */
static void make_room_for_missing(struct saved_kills *saved)
{
	struct saved_missing *missing = saved->missing;
	size_t leaves = 0;

	while (leaves < SAVED_MISSING_MAX && !missing[leaves].acknowledged)
		leaves++;
	if (leaves == SAVED_MISSING_MAX) {
		missing[1].count += missing[0].count;
		leaves = 0;
	}
	memmove(&missing[leaves], &missing[leaves + 1],
		(SAVED_MISSING_MAX - 1 - leaves) * sizeof(missing[0]));
	saved->missing_count--;
}

static void note_missing(struct saved_kills *saved, const struct gather_request *request,
			 const struct gather_account *account)
{
	const struct gather_account *past = &saved->account;
	const bool goes_on = past->known && boot_id_same(past->boot_id, account->boot_id);
	const uint64_t known = goes_on ? past->unrecorded : 0;

	if (account->known && account->unrecorded < known)
		withdraw_missing(saved, known - account->unrecorded);
	if (!account->known || account->unrecorded <= known)
		return;
	if (saved->missing_count == SAVED_MISSING_MAX)
		make_room_for_missing(saved);
	saved->missing[saved->missing_count++] = (struct saved_missing){
		.realtime_usec = request->now_usec,
		.count = account->unrecorded - known,
	};
}

struct ranked {
	const struct gather_kill *kill;
	int worth;
};

/* Highest worth first, then in the order of gather_result.kills. */
static int compare_ranked(const void *a_ranked, const void *b_ranked)
{
	const struct ranked *a = a_ranked, *b = b_ranked;

	if (a->worth != b->worth)
		return a->worth > b->worth ? -1 : 1;
	return (a->kill > b->kill) - (a->kill < b->kill);
}

static int keep_kill(struct saved_kill *ret, const struct saved_kills *saved, const struct gather_kill *kill)
{
	const struct saved_kill *remembered = saved_find(saved, kill->kill);

	if (oom_kill_copy(&ret->kill, kill->kill) < 0)
		return -ENOMEM;
	ret->acknowledged = saved_is_acknowledged(saved, kill->kill);
	ret->unconfirmed = kill->unconfirmed;
	ret->named = remembered && remembered->named;
	ret->vm = ret->named ? remembered->vm : kill->vm;
	return 0;
}

/* Keeps the first SAVED_KILLS_MAX of the ranked kills and forgets the others. */
static int keep_ranked(struct saved_kills *saved, const struct gather_request *request,
		       const struct ranked *ranked, size_t count)
{
	const size_t wanted = count < SAVED_KILLS_MAX ? count : SAVED_KILLS_MAX;
	AUTO_FREE struct saved_kill *kills = calloc(wanted, sizeof(*kills));
	size_t kept = 0;

	while (kills && kept < wanted && keep_kill(&kills[kept], saved, ranked[kept].kill) == 0)
		kept++;
	if (kept < wanted) {
		while (kept > 0)
			oom_kill_destroy(&kills[--kept].kill);
		return -ENOMEM;
	}
	for (size_t i = kept; i < count; i++)
		select_forget(request, ranked[i].kill, &saved->forgotten);
	saved_destroy(saved);
	saved->kills = kills;
	saved->kill_count = kept;
	kills = NULL;
	return 0;
}

int saved_update(struct saved_kills *saved, const struct gather_request *request,
		 const struct gather_result *result)
{
	AUTO_FREE struct ranked *ranked =
		result->known_count > 0 ? calloc(result->known_count, sizeof(*ranked)) : NULL;
	size_t count = 0;

	if (result->known_count > 0 && !ranked)
		return -ENOMEM;
	saved->forgotten = result->forgotten;
	for (size_t i = 0; i < result->known_count; i++) {
		const struct gather_kill *kill = &result->kills[i];

		if (select_is_lasting(request, kill))
			ranked[count++] = (struct ranked){ kill, select_worth(request, kill) };
		else
			select_forget(request, kill, &saved->forgotten);
	}
	if (count > 0)
		qsort(ranked, count, sizeof(*ranked), compare_ranked);
	else
		saved_destroy(saved);
	if (count > 0 && keep_ranked(saved, request, ranked, count) < 0)
		return -ENOMEM;
	note_missing(saved, request, &result->account);
	saved->account = result->account;
	return 0;
}
