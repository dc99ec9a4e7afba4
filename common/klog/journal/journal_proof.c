/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/journal/journal_proof.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "klog/journal/journal_match.h"
#include "klog/journal/journal_object.h"

/* Maximum number of a field's values that are examined: anybody can add values of PRIORITY and
 * SYSLOG_IDENTIFIER. */
#define VALUES_MAX 512

/* At most ENTRIES_MAX entries of a file are examined, newest first. OUTSIDE_MAX successive entries
 * before the window end the search; fewer do not, because entries are not in the order of their
 * times if the clock was set. */
#define ENTRIES_MAX 16384
#define OUTSIDE_MAX 256
#define SAMPLED_MAX 16

/* A file that is being written is examined this often until it is consistent. */
#define TRIES_MAX      4
#define TRY_PAUSE_NSEC 2000000

/* Entries that journald has received within this time may not have been there during the walk. */
#define YOUNG_USEC (INT64_C(2) * 1000000)

struct proof {
	const struct journal_file *file;
	const struct journal_walk *walk;
	struct journal_bytes bytes;
	struct journal_items entry;
	char payload[JOURNAL_PAYLOAD_MAX];
	uint64_t *candidates; /* offsets of entries, ascending */
	size_t count, allocated;
};

static void proof_free(struct proof **proof)
{
	if (*proof)
		free((*proof)->candidates);
	free(*proof);
}
#define AUTO_PROOF __attribute__((cleanup(proof_free)))

/* Looks up the term in the index. Returns 1 and its data object, 0 if there is none, or a negative
 * errno. */
static int find_by_index(struct proof *proof, const char *term, uint64_t hash, struct journal_data *ret)
{
	struct journal_bytes *bytes = &proof->bytes;
	const size_t length = strlen(term);
	uint64_t offset, previous = 0;
	int r = journal_bucket_read(bytes, JOURNAL_DATA, hash, &offset);

	for (; r >= 0 && offset != 0; offset = ret->next_hash) {
		r = offset <= previous ? -EBADMSG : journal_data_read(bytes, offset, ret);
		if (r < 0)
			return r;
		if (ret->hash % bytes->data_buckets != hash % bytes->data_buckets)
			return -EBADMSG;
		previous = offset;
		if (ret->hash != hash)
			continue;
		r = journal_data_payload(bytes, ret, proof->payload);
		if (r < 0)
			return r;
		if (r > 0)
			return ret->length == length && memcmp(proof->payload, term, length) == 0 ? 1
												  : -EBADMSG;
	}
	return r;
}

/* Returns 1 and the field of that name, 0 if there is none, or a negative errno. */
static int find_field(struct proof *proof, const char *name, size_t length, struct journal_field *ret)
{
	struct journal_bytes *bytes = &proof->bytes;
	const uint64_t hash = journal_bytes_hash(bytes, name, length);
	uint64_t offset, previous = 0;
	int r = journal_bucket_read(bytes, JOURNAL_FIELD, hash, &offset);

	for (; r >= 0 && offset != 0; offset = ret->next_hash) {
		r = offset <= previous ? -EBADMSG : journal_field_read(bytes, offset, ret);
		if (r < 0)
			return r;
		if (ret->length == length && memcmp(ret->name, name, length) == 0)
			return 1;
		previous = offset;
	}
	return r;
}

/* The index has no such field. Checks that the first entries do not have it either, which would
 * mean that the index lost it. */
static int check_no_field(struct proof *proof, const char *start)
{
	struct journal_bytes *bytes = &proof->bytes;
	struct journal_chain chain;
	uint64_t offset;

	journal_chain_of_file(&chain, bytes);
	for (unsigned sampled = 0; sampled < SAMPLED_MAX; sampled++) {
		int r = journal_chain_next(bytes, &chain, &offset);

		if (r > 0)
			r = journal_entry_read(bytes, offset, true, &proof->entry);
		if (r < 0 || chain.previous == 0)
			return r == -E2BIG ? 0 : r;
		for (size_t i = 0; i < proof->entry.count; i++) {
			struct journal_data data;

			r = journal_data_read(bytes, proof->entry.at[i], &data);
			if (r >= 0)
				r = journal_data_begins(bytes, &data, start);
			if (r != 0)
				return r < 0 ? r : -EBADMSG;
		}
		if (chain.left == 0)
			break;
	}
	return 0;
}

/* The index has no such term. Checks that the list of its field's values does not have it
 * either. */
static int check_no_value(struct proof *proof, const char *term, uint64_t hash)
{
	struct journal_bytes *bytes = &proof->bytes;
	const size_t name_length = strcspn(term, "=");
	struct journal_field field = { 0 };
	struct journal_data data = { 0 };
	uint64_t offset;
	unsigned values = 0;
	int r = find_field(proof, term, name_length, &field);

	if (r == 0) {
		char start[72];

		snprintf(start, sizeof(start), "%.*s=", (int)name_length, term);
		return check_no_field(proof, start);
	}
	if (r < 0)
		return r;
	for (offset = field.head_data; offset != 0 && values < VALUES_MAX;
	     offset = data.next_field, values++) {
		r = journal_data_read(bytes, offset, &data);
		if (r < 0)
			return r;
		if (data.hash == hash || data.next_field >= offset)
			return -EBADMSG;
		if (data.length == strlen(term)) {
			r = journal_data_payload(bytes, &data, proof->payload);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* Returns 1 and the term's data object, 0 if no entry has it, or a negative errno. */
static int find(struct proof *proof, const char *term, struct journal_data *ret)
{
	const uint64_t hash = journal_bytes_hash(&proof->bytes, term, strlen(term));
	int r = find_by_index(proof, term, hash, ret);

	if (r == 0)
		r = check_no_value(proof, term, hash);
	else if (r > 0 && ret->entries == 0) /* its entry is being written or was never written */
		r = ret->entry != 0 || ret->entry_array != 0 ? -EBADMSG : 0;
	return r;
}

static int add_candidate(struct proof *proof, uint64_t offset)
{
	if (proof->count == proof->allocated) {
		const size_t allocated = proof->allocated ? 2 * proof->allocated : 256;
		uint64_t *grown = realloc(proof->candidates, allocated * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		proof->candidates = grown;
		proof->allocated = allocated;
	}
	proof->candidates[proof->count++] = offset;
	return 0;
}

/* Collects the entries of `one` that `other` has too, or all of them if `other` is NULL. Both lists
 * are read to their ends. */
static int gather(struct proof *proof, const struct journal_data *one, const struct journal_data *other)
{
	struct journal_bytes *bytes = &proof->bytes;
	struct journal_chain chain, with;
	uint64_t offset, common = 0;
	int r, left = other ? 1 : 0;

	/* Entries are written before they are counted, so pages read from now on contain every
	 * counted one. */
	journal_bytes_refresh(bytes);
	proof->count = 0;
	journal_chain_of_data(&chain, one);
	if (other)
		journal_chain_of_data(&with, other);
	while ((r = journal_chain_next(bytes, &chain, &offset)) > 0) {
		while (left > 0 && common < offset)
			left = journal_chain_next(bytes, &with, &common);
		if (left < 0)
			return left;
		r = other && (common != offset || left == 0) ? 0 : add_candidate(proof, offset);
		if (r < 0)
			return r;
	}
	while (r >= 0 && left > 0)
		left = journal_chain_next(bytes, &with, &common);
	return r < 0 ? r : left;
}

static int compare(const void *a, const void *b)
{
	const uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return one < other ? -1 : one > other;
}

void journal_proof_begin(struct journal_seen *seen)
{
	if (seen->count > 0)
		qsort(seen->taken_usec, seen->count, sizeof(*seen->taken_usec), compare);
}

static bool was_seen(const struct journal_seen *seen, uint64_t taken_usec)
{
	return seen->overflow || (seen->count > 0 && bsearch(&taken_usec, seen->taken_usec, seen->count,
							     sizeof(*seen->taken_usec), compare) != NULL);
}

/*
 * Returns 1 with the message of the entry in `payload` and its length in *ret; 0 if it has none or
 * only libsystemd can read it; or a negative errno. With `last` it reads the last of several
 * messages and does not examine the others: a message is usually new with its entry and is stored
 * directly before it.
 */
static int read_message(struct proof *proof, bool last, size_t *ret)
{
	struct journal_bytes *bytes = &proof->bytes;
	const size_t count = proof->entry.count;
	int message = 0;

	for (size_t i = 0; i < count && message == 0; i++) {
		struct journal_data data;
		int r = journal_data_read(bytes, proof->entry.at[last ? count - 1 - i : i], &data);

		if (r >= 0)
			r = journal_data_begins(bytes, &data, "MESSAGE=");
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		message = journal_data_payload(bytes, &data, proof->payload);
		*ret = (size_t)data.length;
		if (message == 0)
			return 0;
	}
	return message;
}

/* Checks all fields of an entry: they are needed to identify its sender. */
static int check_items(struct proof *proof)
{
	for (size_t i = 0; i < proof->entry.count; i++) {
		struct journal_data data;
		int r = journal_data_read(&proof->bytes, proof->entry.at[i], &data);

		if (r >= 0)
			r = journal_data_payload(&proof->bytes, &data, proof->payload);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_wanted(const struct proof *proof, size_t length)
{
	static const size_t name = sizeof("MESSAGE=") - 1;

	return journal_match_is_worth_a_look(proof->walk->filter, proof->payload + name, length - name);
}

/* Whether an entry of the window can have been there during the walk. */
static bool was_there(const struct proof *proof, uint64_t offset)
{
	const int64_t taken_usec = (int64_t)proof->entry.realtime_usec;

	return (proof->file->tail_offset == 0 || offset <= proof->file->tail_offset) &&
	       !(proof->bytes.online && taken_usec <= proof->walk->started_usec &&
		 taken_usec > proof->walk->started_usec - YOUNG_USEC);
}

/* Checks an entry of the window. */
static int check_entry(struct proof *proof, uint64_t offset)
{
	size_t length;
	int r = journal_entry_read(&proof->bytes, offset, true, &proof->entry);

	if (r >= 0)
		r = read_message(proof, true, &length);
	if (r <= 0)
		return r == -E2BIG ? 0 : r;
	if (!is_wanted(proof, length))
		return 0;
	r = check_items(proof);
	if (r < 0)
		return r;
	/* libsystemd returns the first one of several messages. */
	r = read_message(proof, false, &length);
	if (r <= 0 || !is_wanted(proof, length) || !was_there(proof, offset))
		return r < 0 ? r : 0;
	return was_seen(&proof->walk->seen, proof->entry.realtime_usec) ? 0 : -EBADMSG;
}

static int check_candidates(struct proof *proof)
{
	const struct klog_window *window = &proof->walk->window;
	unsigned looked = 0, outside = 0;

	for (size_t i = proof->count; i-- > 0 && looked < ENTRIES_MAX && outside < OUTSIDE_MAX; looked++) {
		int r = journal_entry_read(&proof->bytes, proof->candidates[i], false, &proof->entry);
		const int64_t taken_usec = r < 0 ? 0 : (int64_t)proof->entry.realtime_usec;

		if (r < 0)
			return r;
		outside = taken_usec < window->from_usec ? outside + 1 : 0;
		if (taken_usec < window->from_usec || taken_usec > window->to_usec)
			continue;
		r = check_entry(proof, proof->candidates[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Checks the entries that have the term and, if there are `others`, one of them. */
static int prove(struct proof *proof, const char *term, const char *const *others, size_t other_count)
{
	struct journal_data one = { 0 }, other = { 0 };
	int r = find(proof, term, &one);

	if (r > 0 && other_count == 0) {
		r = gather(proof, &one, NULL);
		return r < 0 ? r : check_candidates(proof);
	}
	for (size_t i = 0; r > 0 && i < other_count; i++) {
		int found = find(proof, others[i], &other);

		if (found > 0)
			found = gather(proof, &one, &other);
		else
			proof->count = 0;
		if (found >= 0)
			found = check_candidates(proof);
		if (found < 0)
			return found;
	}
	return r < 0 ? r : 0;
}

static int prove_kernel(struct proof *proof)
{
	static const char *const priorities[8] = { "PRIORITY=0", "PRIORITY=1", "PRIORITY=2", "PRIORITY=3",
						   "PRIORITY=4", "PRIORITY=5", "PRIORITY=6", "PRIORITY=7" };
	const char *wanted[ARRAY_SIZE(priorities)];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(priorities); i++)
		if (proof->walk->levels & 1U << i)
			wanted[count++] = priorities[i];
	return prove(proof, "_TRANSPORT=kernel", wanted, count);
}

static int prove_losses(struct proof *proof)
{
	static const char *const ids[] = { JOURNAL_ID_MISSED, JOURNAL_ID_DROPPED };

	return prove(proof, "_TRANSPORT=driver", ids, ARRAY_SIZE(ids));
}

static int prove_program(struct proof *proof, const struct klog_match *match)
{
	char level[sizeof("PRIORITY=7")];
	const char *const levels[] = { level };

	snprintf(level, sizeof(level), "PRIORITY=%d", match->level & 7);
	for (size_t i = 0; i < journal_match_program_forms(match); i++) {
		TEXT_ON_STACK(term, 300);
		int r = journal_match_program_term(&term, i, match);

		if (r >= 0)
			r = prove(proof, term.data, levels, match->level >= 0 ? 1 : 0);
		if (r < 0)
			return r;
	}
	return 0;
}

static int prove_all(struct proof *proof)
{
	const struct klog_filter *filter = proof->walk->filter;
	int r = journal_bytes_open(&proof->bytes, proof->file->fd);

	if (r >= 0 && proof->walk->kernel)
		r = prove_kernel(proof);
	if (r >= 0)
		r = prove_losses(proof);
	for (size_t i = 0; r >= 0 && i < filter->match_count; i++)
		if (journal_match_is_new_program(filter, i))
			r = prove_program(proof, &filter->matches[i]);
	return r;
}

int journal_proof_file(const struct journal_file *file, const struct journal_walk *walk)
{
	static const struct timespec pause = { .tv_nsec = TRY_PAUSE_NSEC };
	AUTO_PROOF struct proof *proof = NULL;
	int r = -EBADMSG;

	if (!walk->filter)
		return 0;
	proof = calloc(1, sizeof(*proof));
	if (!proof)
		return -ENOMEM;
	proof->file = file;
	proof->walk = walk;
	for (unsigned i = 0; i < TRIES_MAX && r == -EBADMSG; i++) {
		if (i > 0 && !proof->bytes.online)
			break;
		if (i > 0)
			nanosleep(&pause, NULL);
		r = prove_all(proof);
	}
	return r == -ENOTSUP ? 0 : r;
}
