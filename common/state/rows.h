/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_STATE_ROWS_H
#define OOM_STATE_ROWS_H
/*
 * Rows of fields as text: fields are separated by one blank, rows end with \n. Blanks, backslashes
 * and bytes that are not printable ASCII are written as \xNN, so any string, even an empty one, is
 * read back unchanged.
 *
 *     kill 1767225600000000 32969 instance-0000002a web\x2001
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define ROWS_FIELDS_MAX 32

/* A row starts with its key, then come the fields, then rows_end(). If text->truncated is set
 * afterwards, discard the text, or trim it with rows_keep_whole(). */
void rows_begin(struct text *text, const char *key);
void rows_string(struct text *text, const char *string);
void rows_number(struct text *text, int64_t value);
void rows_end(struct text *text);

/*
 * Call after each row if the text may be truncated. Returns whether the row fitted. *end (0 at
 * first) is the end of the last row that did; a row that did not fit is removed.
 */
bool rows_keep_whole(struct text *text, size_t *end);

struct rows_row {
	size_t count;                        /* of the fields; the key is the first one */
	const char *fields[ROWS_FIELDS_MAX]; /* point into the text read */
};

/*
 * Parses the row at *cursor in place and advances the cursor. Returns 1 with *ret set; 0 at the end
 * of the text; -EBADMSG for a row that rows_end() cannot have written, with the cursor at the next
 * row.
 */
int rows_next(char **cursor, struct rows_row *ret);

/* The field as a number. Returns 0; -EINVAL if it is not a number; -ERANGE. */
int rows_get_number(const struct rows_row *row, size_t field, int64_t *ret);

/* The field as a number from 0 to max, or 0 if it is anything else. */
int64_t rows_get_small(const struct rows_row *row, size_t field, int64_t max);

/* The field, or "" if the row has fewer fields. */
const char *rows_get_string(const struct rows_row *row, size_t field);

#endif
