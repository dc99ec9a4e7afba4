/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/fields.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/cursor.h"

/* meminfo is 1.6 KiB, a node's 1.5, memory.events 0.1. */
#define FIELDS_FILE_MAX 3072

/* vmstat has 4 KiB in 6.18, arcstats 7 KiB in OpenZFS 2.3, and both grow. */
#define LARGE_FILE_MAX 32768

struct line {
	struct cursor name, value;
};

static uint64_t *place_of(void *ret, const struct host_field *field)
{
	return (uint64_t *)((char *)ret + field->offset);
}

static struct cursor take_word(struct cursor *text)
{
	const struct cursor word = { text->at, text->at + cursor_word(text) };

	text->at = word.end;
	return word;
}

/* Returns false for a line of another form, such as a heading. */
static bool split_line(enum host_format format, struct cursor text, struct line *ret)
{
	if (format != HOST_COLON)
		ret->name = take_word(&text);
	else if (!cursor_take_until(&text, ':', &ret->name))
		return false;
	cursor_take_blanks(&text);
	if (format == HOST_KSTAT) {
		take_word(&text);
		cursor_take_blanks(&text);
	}
	ret->value = text;
	return true;
}

/* All kernels keep the order of these lines, so the search continues after the last match. */
static const struct host_field *find_field(const struct host_table *table, const struct line *line,
					   size_t *next)
{
	for (size_t i = 0; i < table->count; i++) {
		size_t index = (*next + i) % table->count;
		const struct host_field *field = &table->fields[index];

		if (cursor_equals(&line->name, field->name)) {
			*next = index + 1;
			return field;
		}
	}
	return NULL;
}

/* A number, which a blank and more text may follow ("kB", or the other ids of a Uid line). */
static int parse_value(struct cursor text, uint64_t *ret)
{
	const size_t digits = cursor_digits(&text);

	if (digits == 0 || (digits < cursor_left(&text) && !cursor_is_blank(text.at[digits])))
		return -EBADMSG;
	return cursor_take_u64(&text, HOST_VALUE_MAX, ret) ? 0 : -ERANGE;
}

static int parse_line(const struct host_table *table, struct cursor text, void *ret, size_t *next,
		      struct text *ret_why)
{
	struct line line;

	if (!split_line(table->format, text, &line))
		return 0;
	const struct host_field *field = find_field(table, &line, next);
	if (!field)
		return 0;
	int r = parse_value(line.value, place_of(ret, field));
	if (r < 0)
		text_printf(ret_why, "%s is %s", field->name, r == -ERANGE ? "too large" : "not a number");
	return r;
}

int host_fields_parse(const struct host_table *table, const char *prefix, const char *text, size_t length,
		      void *ret, struct text *ret_why)
{
	struct cursor rest = { text, text + length }, line;
	size_t next = 0;

	for (size_t i = 0; i < table->count; i++)
		*place_of(ret, &table->fields[i]) = HOST_ABSENT;
	while (cursor_take_until(&rest, '\n', &line)) {
		int r = cursor_take(&line, prefix) ? parse_line(table, line, ret, &next, ret_why) : 0;

		if (r < 0)
			return r;
	}
	if (rest.at < rest.end) {
		text_append(ret_why, "truncated: the last line is incomplete");
		return -EBADMSG;
	}
	for (size_t i = 0; i < table->count; i++) {
		if (table->fields[i].required && *place_of(ret, &table->fields[i]) == HOST_ABSENT) {
			text_printf(ret_why, "%s is missing", table->fields[i].name);
			return -EBADMSG;
		}
	}
	return 0;
}

int host_number_parse(const char *text, size_t length, uint64_t *ret)
{
	struct cursor number = { text, text + length };

	return cursor_take_end(&number, "\n") ? parse_value(number, ret) : -EBADMSG;
}

int host_complain(struct text *error, const char *path, int r, const char *why)
{
	if (error) {
		text_append_name(error, path);
		text_printf(error, ": %s", why ? why : strerror(-r));
	}
	return r;
}

ssize_t host_read(const char *path, char *buffer, size_t size, struct text *error)
{
	ssize_t length = file_read(path, buffer, size);

	if (length < 0)
		return host_complain(error, path, (int)length, NULL);
	if (length == 0)
		return host_complain(error, path, -ENODATA, "empty file");
	return length;
}

int host_fields_read(const char *path, const struct host_table *table, const char *prefix, void *ret,
		     struct text *error)
{
	char buffer[FIELDS_FILE_MAX];
	TEXT_ON_STACK(why, 128);
	ssize_t length = host_read(path, buffer, sizeof(buffer), error);

	if (length < 0)
		return (int)length;
	int r = host_fields_parse(table, prefix, buffer, (size_t)length, ret, &why);
	return r < 0 ? host_complain(error, path, r, why.data) : 0;
}

int host_fields_read_large(const char *name, const struct host_table *table, void *ret,
			   const struct file_roots *roots, struct text *error)
{
	AUTO_FREE char *buffer = malloc(LARGE_FILE_MAX);
	char path[HOST_PATH_MAX];
	TEXT_ON_STACK(why, 128);
	int r = buffer ? file_procfs_path(roots, name, path, sizeof(path)) : -ENOMEM;

	if (r < 0)
		return host_complain(error, name, r, NULL);
	ssize_t length = host_read(path, buffer, LARGE_FILE_MAX, error);
	if (length < 0)
		return (int)length;
	r = host_fields_parse(table, "", buffer, (size_t)length, ret, &why);
	return r < 0 ? host_complain(error, path, r, why.data) : 0;
}

int host_number_read(const char *path, uint64_t *ret, struct text *error)
{
	char buffer[64];
	ssize_t length = host_read(path, buffer, sizeof(buffer), error);

	if (length < 0)
		return (int)length;
	int r = host_number_parse(buffer, (size_t)length, ret);
	return r < 0 ? host_complain(error, path, r, r == -ERANGE ? "number too large" : "not a number") : 0;
}
