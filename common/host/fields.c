/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/fields.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/number.h"

/* meminfo is 1.6 KiB, a node's 1.5, memory.events 0.1. */
#define FIELDS_FILE_MAX 3072

/* vmstat has 4 KiB in 6.18, arcstats 7 KiB in OpenZFS 2.3, and both grow. */
#define LARGE_FILE_MAX 32768

struct line {
	const char *name;
	size_t name_length;
	const char *value;
	size_t value_length;
};

static uint64_t *place_of(void *ret, const struct host_field *field)
{
	return (uint64_t *)((char *)ret + field->offset);
}

static size_t count_blanks(const char *text, size_t length)
{
	size_t count = 0;

	while (count < length && (text[count] == ' ' || text[count] == '\t'))
		count++;
	return count;
}

static size_t count_until_blank(const char *text, size_t length)
{
	size_t count = 0;

	while (count < length && text[count] != ' ' && text[count] != '\t')
		count++;
	return count;
}

static void skip(const char **text, size_t *length, size_t count)
{
	*text += count;
	*length -= count;
}

/* Returns false for a line of another form, such as a heading. */
static bool split_line(enum host_format format, const char *text, size_t length, struct line *ret)
{
	const char *colon = format == HOST_COLON ? memchr(text, ':', length) : NULL;

	if (format == HOST_COLON && !colon)
		return false;
	ret->name = text;
	ret->name_length = colon ? (size_t)(colon - text) : count_until_blank(text, length);
	skip(&text, &length, ret->name_length + (colon ? 1 : 0));
	skip(&text, &length, count_blanks(text, length));
	if (format == HOST_KSTAT) {
		skip(&text, &length, count_until_blank(text, length));
		skip(&text, &length, count_blanks(text, length));
	}
	ret->value = text;
	ret->value_length = length;
	return true;
}

/* All kernels keep the order of these lines, so the search continues after the last match. */
static const struct host_field *find_field(const struct host_table *table, const struct line *line,
					   size_t *cursor)
{
	for (size_t i = 0; i < table->count; i++) {
		size_t index = (*cursor + i) % table->count;
		const struct host_field *field = &table->fields[index];

		if (strlen(field->name) == line->name_length &&
		    memcmp(field->name, line->name, line->name_length) == 0) {
			*cursor = index + 1;
			return field;
		}
	}
	return NULL;
}

/* A number, which a blank and more text may follow ("kB", or the other ids of a Uid line). */
static int parse_value(const char *text, size_t length, uint64_t *ret)
{
	uint64_t value;
	int taken = number_parse_u64(text, length, &value);

	if (taken < 0)
		return taken == -ERANGE ? -ERANGE : -EBADMSG;
	if ((size_t)taken < length && text[taken] != ' ' && text[taken] != '\t')
		return -EBADMSG;
	if (value > HOST_VALUE_MAX)
		return -ERANGE;
	*ret = value;
	return 0;
}

static int parse_line(const struct host_table *table, const char *text, size_t length, void *ret,
		      size_t *cursor, struct text *ret_why)
{
	struct line line;

	if (!split_line(table->format, text, length, &line))
		return 0;
	const struct host_field *field = find_field(table, &line, cursor);
	if (!field)
		return 0;
	int r = parse_value(line.value, line.value_length, place_of(ret, field));
	if (r < 0)
		text_printf(ret_why, "%s is %s", field->name, r == -ERANGE ? "too large" : "not a number");
	return r;
}

int host_fields_parse(const struct host_table *table, const char *prefix, const char *text, size_t length,
		      void *ret, struct text *ret_why)
{
	const size_t prefix_length = strlen(prefix);
	const char *end = text + length;
	size_t cursor = 0;

	for (size_t i = 0; i < table->count; i++)
		*place_of(ret, &table->fields[i]) = HOST_ABSENT;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		if (!newline) {
			text_append(ret_why, "truncated: the last line is incomplete");
			return -EBADMSG;
		}
		size_t line_length = (size_t)(newline - text);
		if (line_length >= prefix_length && memcmp(text, prefix, prefix_length) == 0) {
			int r = parse_line(table, text + prefix_length, line_length - prefix_length, ret,
					   &cursor, ret_why);
			if (r < 0)
				return r;
		}
		text = newline + 1;
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
	if (length == 0 || text[length - 1] != '\n')
		return -EBADMSG;
	return parse_value(text, length - 1, ret);
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
