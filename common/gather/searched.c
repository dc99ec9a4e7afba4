/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gather/searched.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "state/rows.h"
#include "state/state.h"

#define PROGRAM "check_oom_kills"

/* A row per file, followed by rows with several hits each. */
enum {
	FILE_KEY,
	FILE_DEVICE,
	FILE_INODE,
	FILE_STRINGS,
	FILE_BYTES,
	FILE_HEAD,
	FILE_TAIL,
	FILE_HITS,
	FILE_FIELDS
};
#define HITS_IN_A_ROW ((ROWS_FIELDS_MAX - 1) / 2)

void searched_print(const struct searched *searched, struct text *text)
{
	for (size_t i = 0; i < searched->count; i++) {
		const struct klog_searched *file = &searched->files[i];

		rows_begin(text, "file");
		rows_number(text, (int64_t)file->device);
		rows_number(text, (int64_t)file->inode);
		rows_number(text, (int64_t)file->strings);
		rows_number(text, file->bytes);
		rows_number(text, (int64_t)file->head);
		rows_number(text, (int64_t)file->tail);
		rows_number(text, (int64_t)file->hit_count);
		rows_end(text);
		for (size_t hit = 0; hit < file->hit_count; hit++) {
			if (hit % HITS_IN_A_ROW == 0)
				rows_begin(text, "hits");
			rows_number(text, file->hits[hit].offset);
			rows_number(text, file->hits[hit].string);
			if (hit % HITS_IN_A_ROW == HITS_IN_A_ROW - 1 || hit + 1 == file->hit_count)
				rows_end(text);
		}
	}
}

static bool get(const struct rows_row *row, size_t field, uint64_t *ret)
{
	int64_t value;

	if (rows_get_number(row, field, &value) < 0)
		return false;
	*ret = (uint64_t)value;
	return true;
}

/* *ret_hits: the number of hits that follow. */
static bool parse_file(const struct rows_row *row, struct klog_searched *file, uint64_t *ret_hits)
{
	file->hit_count = 0;
	return row->count == FILE_FIELDS && get(row, FILE_DEVICE, &file->device) &&
	       get(row, FILE_INODE, &file->inode) && get(row, FILE_STRINGS, &file->strings) &&
	       rows_get_number(row, FILE_BYTES, &file->bytes) == 0 && get(row, FILE_HEAD, &file->head) &&
	       get(row, FILE_TAIL, &file->tail) && get(row, FILE_HITS, ret_hits) &&
	       *ret_hits <= KLOG_SEARCHED_HITS_MAX;
}

static bool parse_hits(const struct rows_row *row, struct klog_searched *file, uint64_t hits)
{
	for (size_t field = 1; field < row->count; field += 2) {
		struct klog_searched_hit *hit = &file->hits[file->hit_count];

		if (file->hit_count == hits || rows_get_number(row, field, &hit->offset) < 0 ||
		    rows_get_number(row, field + 1, &hit->string) < 0)
			return false;
		file->hit_count++;
	}
	return true;
}

/* False if it is not a complete saved text. */
static bool parse(struct searched *searched, char *saved)
{
	struct klog_searched *file = NULL;
	struct rows_row row;
	uint64_t hits = 0;
	int r;

	while ((r = rows_next(&saved, &row)) > 0) {
		if (strcmp(row.fields[0], "hits") == 0) {
			if (file == NULL || !parse_hits(&row, file, hits))
				return false;
			continue;
		}
		/* A missing hit could be a kill, which would not be searched for again. */
		if (strcmp(row.fields[0], "file") != 0 || searched->count == SEARCHED_FILES_MAX ||
		    (file != NULL && file->hit_count != hits))
			return false;
		file = &searched->files[searched->count++];
		if (!parse_file(&row, file, &hits))
			return false;
	}
	return r == 0 && (file == NULL || file->hit_count == hits);
}

void searched_parse(struct searched *searched, char *saved)
{
	searched->count = searched->kept = 0;
	if (!parse(searched, saved))
		searched->count = 0;
}

static void load(struct searched *searched, struct state *state)
{
	AUTO_FREE char *saved = malloc(SEARCHED_TEXT_MAX);

	searched->count = searched->kept = 0;
	if (saved != NULL && state_load(state, saved, SEARCHED_TEXT_MAX) > 0)
		searched_parse(searched, saved);
}

static int open_state(const struct searched *searched, struct state *state,
		      int (*open)(struct state *state, const char *program, const char *name,
				  unsigned version))
{
	TEXT_ON_STACK(name, STATE_NAME_MAX + 1);

	state_name(&name, "searched", searched->roots);
	return open(state, PROGRAM, name.data, SEARCHED_VERSION);
}

static bool lookup(uint64_t device, uint64_t inode, struct klog_searched *ret, void *data)
{
	struct searched *searched = data;

	if (!searched->is_loaded) {
		struct state state;

		searched->is_loaded = true;
		open_state(searched, &state, state_open_to_read);
		load(searched, &state);
		state_close(&state);
	}
	for (size_t i = 0; i < searched->count; i++) {
		if (searched->files[i].device == device && searched->files[i].inode == inode) {
			*ret = searched->files[i];
			return true;
		}
	}
	return false;
}

/* Puts the file first, in place of its old entry or the oldest one. */
static void keep(const struct klog_searched *file, void *data)
{
	struct searched *searched = data;
	size_t place = 0;

	while (place < searched->count && place < SEARCHED_FILES_MAX - 1 &&
	       (searched->files[place].device != file->device || searched->files[place].inode != file->inode))
		place++;
	if (place == searched->count)
		searched->count++;
	if (place >= searched->kept && searched->kept < SEARCHED_FILES_MAX)
		searched->kept++;
	memmove(&searched->files[1], &searched->files[0], place * sizeof(searched->files[0]));
	searched->files[0] = *file;
}

void searched_init(struct searched *searched, const struct file_roots *roots)
{
	searched->cache = (struct klog_search_cache){ lookup, keep, searched };
	searched->roots = roots;
	searched->is_loaded = false;
	searched->count = searched->kept = 0;
}

void searched_save(const struct searched *searched, struct text *failure)
{
	AUTO_FREE struct searched *saved = NULL;
	AUTO_FREE char *buffer = NULL;
	struct state state;
	struct text text;

	if (searched->kept == 0)
		return;
	saved = malloc(sizeof(*saved));
	buffer = malloc(SEARCHED_TEXT_MAX);
	if (saved == NULL || buffer == NULL) {
		text_append(failure, "out of memory");
		return;
	}
	text_init(&text, buffer, SEARCHED_TEXT_MAX);
	if (open_state(searched, &state, state_open) == 0) {
		load(saved, &state);
		for (size_t i = searched->kept; i-- > 0;)
			keep(&searched->files[i], saved);
		searched_print(saved, &text);
		if (!text.truncated)
			state_save(&state, text.data, text.length);
	}
	state_close(&state);
	text_append(failure, state.failure.reason);
}
