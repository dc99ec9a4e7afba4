/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_STATE_ROWS_H
#define OOM_STATE_ROWS_H
/*
 * Rows of fields as text: fields are parted by one blank, rows end with \n.
 * What is not printable ASCII, a blank and a backslash are \xNN, so any string
 * comes back as it was; an empty one too.
 *
 *     kill 1767225600000000 32969 instance-0000002a web\x2001
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define ROWS_FIELDS_MAX 32

/* A row begins with its key, gets fields and is ended.  If text->truncated is
 * set afterwards, nothing of the text is to be kept but by rows_keep_whole(). */
void rows_begin(struct text *text, const char *key);
void rows_string(struct text *text, const char *string);
void rows_number(struct text *text, int64_t value);
void rows_end(struct text *text);

/*
 * For a text that may be cut, after each row: whether the row fitted.  *end (0
 * at first) follows the rows that did; what did not is taken back.
 */
bool rows_keep_whole(struct text *text, size_t *end);

struct rows_row {
	size_t count;                        /* of fields, the key is the first */
	const char *fields[ROWS_FIELDS_MAX]; /* point into the text read */
};

/*
 * Takes the row at *cursor apart, in place, and moves the cursor on.  1 with
 * *ret set; 0 at the end of the text; -EBADMSG for what rows_end() cannot have
 * written, and the cursor is at the next row.
 */
int rows_next(char **cursor, struct rows_row *ret);

/* The field as a number: 0; -EINVAL where there is none; -ERANGE. */
int rows_get_number(const struct rows_row *row, size_t field, int64_t *ret);

/* The field as a number within 0 to max, 0 where it is none of these. */
int64_t rows_get_small(const struct rows_row *row, size_t field, int64_t max);

/* The field, or "" where the row is shorter. */
const char *rows_get_string(const struct rows_row *row, size_t field);

#endif
