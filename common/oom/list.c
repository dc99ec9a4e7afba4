/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of kills, in which a death is found by its pid. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oom/death.h"

/* When this many kills are in excess of OOM_LIST_MAX, they are dropped together. */
#define LIST_SLACK (OOM_LIST_MAX / 2)

/*
 * The index is a hash table with open addressing. It holds positions in kills[] plus one; 0 is a
 * free slot. It has twice as many slots as there are kills allocated, a power of two.
 */
static size_t slot_of(const struct oom_list *list, int64_t pid)
{
	uint64_t hash = (uint64_t)pid * UINT64_C(0x9E3779B97F4A7C15);

	return (size_t)(hash >> 32) & (2 * list->allocated - 1);
}

static size_t next_slot(const struct oom_list *list, size_t slot)
{
	return (slot + 1) & (2 * list->allocated - 1);
}

static void index_kill(struct oom_list *list, size_t position)
{
	size_t slot = slot_of(list, list->kills[position].pid);

	while (list->index[slot] != 0)
		slot = next_slot(list, slot);
	list->index[slot] = (uint32_t)position + 1;
}

static void index_all(struct oom_list *list)
{
	memset(list->index, 0, 2 * list->allocated * sizeof(list->index[0]));
	for (size_t i = 0; i < list->count; i++)
		index_kill(list, i);
}

static struct oom_kill *find(struct oom_list *list, const struct oom_kill *kill)
{
	if (list->count == 0)
		return NULL;
	for (size_t slot = slot_of(list, kill->pid); list->index[slot] != 0; slot = next_slot(list, slot)) {
		struct oom_kill *known = &list->kills[list->index[slot] - 1];

		if (oom_kill_same_death(known, kill))
			return known;
	}
	return NULL;
}

/* The key of one kill while the list is sorted. */
struct oom_list_key {
	int64_t order_usec;
	int worth;
	uint32_t position; /* in kills[], before sorting */
};

static int grow(struct oom_list *list)
{
	size_t allocated = list->allocated > 0 ? 2 * list->allocated : 8;
	struct oom_kill *kills = reallocarray(list->kills, allocated, sizeof(kills[0]));
	struct oom_list_key *keys;
	uint32_t *slots;

	if (kills == NULL)
		return -ENOMEM;
	list->kills = kills;
	keys = reallocarray(list->keys, allocated, sizeof(keys[0]));
	if (keys == NULL)
		return -ENOMEM;
	list->keys = keys;
	slots = reallocarray(list->index, 2 * allocated, sizeof(slots[0]));
	if (slots == NULL)
		return -ENOMEM;
	list->index = slots;
	list->allocated = allocated;
	index_all(list);
	return 0;
}

static int compare(const void *a_key, const void *b_key)
{
	const struct oom_list_key *a = a_key, *b = b_key;

	if (a->order_usec != b->order_usec)
		return a->order_usec < b->order_usec ? -1 : 1;
	return (a->position > b->position) - (a->position < b->position);
}

static bool is_sorted(const struct oom_list *list)
{
	for (size_t i = 1; i < list->count; i++) {
		if (compare(&list->keys[i - 1], &list->keys[i]) > 0)
			return false;
	}
	return true;
}

/* A kill of unknown time stays after the one that it came after. */
static void set_keys(struct oom_list *list)
{
	int64_t order_usec = KLOG_TIME_UNKNOWN;

	for (size_t i = 0; i < list->count; i++) {
		if (list->kills[i].realtime_usec != KLOG_TIME_UNKNOWN)
			order_usec = list->kills[i].realtime_usec;
		list->keys[i] = (struct oom_list_key){ order_usec, 0, (uint32_t)i };
	}
}

/* By worth, the lowest first; among equals, the oldest first. */
static int compare_worth(const void *a_key, const void *b_key)
{
	const struct oom_list_key *a = a_key, *b = b_key;

	return a->worth != b->worth ? (a->worth > b->worth) - (a->worth < b->worth) : compare(a, b);
}

/* The keys that remain are those of the OOM_LIST_MAX kills of the highest worth. */
static void drop_excess(struct oom_list *list)
{
	const size_t excess = list->count - OOM_LIST_MAX;

	for (size_t i = 0; i < list->count; i++)
		list->keys[i].worth = list->worth ? list->worth(&list->kills[i], list->keep_data) : 0;
	qsort(list->keys, list->count, sizeof(list->keys[0]), compare_worth);
	for (size_t i = 0; i < excess; i++) {
		struct oom_kill *kill = &list->kills[list->keys[i].position];

		if (list->on_drop)
			list->on_drop(kill, list->keep_data);
		oom_kill_destroy(kill);
	}
	memmove(list->keys, list->keys + excess, OOM_LIST_MAX * sizeof(list->keys[0]));
	list->count = OOM_LIST_MAX;
}

/* Puts the kills in the order of the keys, in place. */
static void arrange(struct oom_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		uint32_t from = list->keys[i].position;

		/* What was at an earlier position has been exchanged with another kill. */
		while (from < i)
			from = list->keys[from].position;
		list->keys[i].position = from;
		if (from != i)
			oom_kill_exchange(&list->kills[i], &list->kills[from]);
	}
}

void oom_list_sort(struct oom_list *list)
{
	set_keys(list);
	if (list->count > OOM_LIST_MAX)
		drop_excess(list);
	if (!is_sorted(list))
		qsort(list->keys, list->count, sizeof(list->keys[0]), compare);
	arrange(list);
	if (list->count > 0)
		index_all(list);
}

int oom_list_add(struct oom_list *list, struct oom_kill *kill)
{
	struct oom_kill *known = find(list, kill);

	if (known != NULL) {
		oom_kill_merge(known, kill);
		return 0;
	}
	if (list->count >= OOM_LIST_MAX + LIST_SLACK)
		oom_list_sort(list);
	if (list->count == list->allocated) {
		int r = grow(list);

		if (r < 0)
			return r;
	}
	list->kills[list->count] = *kill;
	index_kill(list, list->count);
	list->count++;
	oom_kill_init(kill);
	return 0;
}

void oom_list_destroy(struct oom_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		oom_kill_destroy(&list->kills[i]);
	free(list->kills);
	free(list->keys);
	free(list->index);
	oom_units_destroy(&list->units);
	*list = (struct oom_list){ 0 };
}

bool oom_list_has_pid(const struct oom_list *list, int64_t pid)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->kills[i].pid == pid)
			return true;
	}
	return false;
}
