/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One JSON object a line: Docker's json-file driver and journalctl -o json.
 *
 * No JSON library: only the strings, numbers and byte arrays of one flat
 * object are wanted, in a buffer that is there already; a library would be one
 * more to load and a tree of allocations on a host that has no memory left.
 */
#include "base/number.h"
#include "klog/journal_fields.h"
#include "klog/line_format.h"

/* Where decoded values go, one behind the other. */
struct arena {
	char *at;
	char *end;
};

struct value {
	const char *bytes; /* NULL: of a type that is not wanted */
	size_t length;
};

/* A record's text holds no NUL. */
static void put(struct arena *arena, unsigned byte)
{
	if (byte != 0 && arena->at < arena->end)
		*arena->at++ = (char)byte;
}

static void put_utf8(struct arena *arena, uint32_t character)
{
	if (character < 0x80) {
		put(arena, character);
	} else if (character < 0x800) {
		put(arena, 0xC0 | character >> 6);
		put(arena, 0x80 | (character & 0x3F));
	} else if (character < 0x10000) {
		put(arena, 0xE0 | character >> 12);
		put(arena, 0x80 | (character >> 6 & 0x3F));
		put(arena, 0x80 | (character & 0x3F));
	} else {
		put(arena, 0xF0 | character >> 18);
		put(arena, 0x80 | (character >> 12 & 0x3F));
		put(arena, 0x80 | (character >> 6 & 0x3F));
		put(arena, 0x80 | (character & 0x3F));
	}
}

static void skip_space(struct klog_cursor *c)
{
	while (klog_cursor_blanks(c) || klog_cursor_byte(c, '\n') || klog_cursor_byte(c, '\r'))
		;
}

static bool take_hex4(struct klog_cursor *c, uint32_t *ret)
{
	uint64_t value;

	if (klog_cursor_left(c) < 4 || klog_cursor_peek(c, 1) == 'x' || klog_cursor_peek(c, 1) == 'X' ||
	    number_parse_hex(c->at, 4, &value) != 4)
		return false;
	c->at += 4;
	*ret = (uint32_t)value;
	return true;
}

/* The rest of \uXXXX, a surrogate pair as one character, a lone one as U+FFFD. */
static bool take_unicode(struct klog_cursor *c, struct arena *arena)
{
	uint32_t high, low;

	if (!take_hex4(c, &high))
		return false;
	if (high >= 0xD800 && high <= 0xDBFF) {
		struct klog_cursor pair = *c;

		if (klog_cursor_string(&pair, "\\u") && take_hex4(&pair, &low) && low >= 0xDC00 &&
		    low <= 0xDFFF) {
			*c = pair;
			high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
		}
	}
	put_utf8(arena, high >= 0xD800 && high <= 0xDFFF ? 0xFFFD : high);
	return true;
}

static bool take_string(struct klog_cursor *c, struct arena *arena, struct value *ret)
{
	static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	const char *start = arena->at;

	if (!klog_cursor_byte(c, '"'))
		return false;
	while (c->at < c->end && *c->at != '"') {
		char byte = *c->at++;

		if (byte != '\\') {
			put(arena, (unsigned char)byte);
			continue;
		}
		if (c->at == c->end)
			return false;
		byte = *c->at++;
		const char *escape = byte != '\0' ? strchr(escapes, byte) : NULL;
		if (byte == 'u') {
			if (!take_unicode(c, arena))
				return false;
		} else if (escape != NULL) {
			put(arena, (unsigned char)meanings[escape - escapes]);
		} else {
			return false;
		}
	}
	*ret = (struct value){ start, (size_t)(arena->at - start) };
	return klog_cursor_byte(c, '"');
}

/* [79,117,116]: how journalctl writes what is not UTF-8. */
static bool take_bytes(struct klog_cursor *c, struct arena *arena, struct value *ret)
{
	struct klog_cursor array = *c;
	const char *start = arena->at;
	int64_t byte;

	if (!klog_cursor_byte(&array, '['))
		return false;
	do {
		skip_space(&array);
		if (!klog_cursor_digits(&array, 1, 3, &byte) || byte > 255)
			return false;
		put(arena, (unsigned)byte);
		skip_space(&array);
	} while (klog_cursor_byte(&array, ','));
	if (!klog_cursor_byte(&array, ']'))
		return false;
	*c = array;
	*ret = (struct value){ start, (size_t)(arena->at - start) };
	return true;
}

/* An object or an array of anything; brackets in strings do not count. */
static bool skip_nested(struct klog_cursor *c)
{
	size_t depth = 0;

	do {
		char byte = klog_cursor_peek(c, 0);

		if (c->at == c->end)
			return false;
		if (byte == '"') {
			for (c->at++; c->at < c->end && *c->at != '"'; c->at++)
				c->at += *c->at == '\\' && c->at + 1 < c->end;
			if (c->at == c->end)
				return false;
		}
		depth += byte == '{' || byte == '[';
		depth -= byte == '}' || byte == ']';
		c->at++;
	} while (depth > 0);
	return true;
}

/* 12, -1.5e3, true, false, null */
static bool take_word(struct klog_cursor *c, struct value *ret)
{
	const char *start = c->at;

	while (c->at < c->end && strchr("+-.0123456789Eaeflnrstu", *c->at) != NULL && *c->at != '\0')
		c->at++;
	*ret = (struct value){ start, (size_t)(c->at - start) };
	return c->at > start;
}

static bool take_value(struct klog_cursor *c, struct arena *arena, struct value *ret)
{
	char byte = klog_cursor_peek(c, 0);

	*ret = (struct value){ NULL, 0 };
	if (byte == '"')
		return take_string(c, arena, ret);
	if (byte == '[' && take_bytes(c, arena, ret))
		return true;
	if (byte == '[' || byte == '{')
		return skip_nested(c);
	return take_word(c, ret);
}

struct object {
	struct klog_journal_entry *journal;
	struct value log, time; /* Docker's */
};

static bool is(struct value name, const char *string)
{
	return name.length == strlen(string) && memcmp(name.bytes, string, name.length) == 0;
}

static void enter(struct object *object, struct value name, struct value value)
{
	if (value.bytes == NULL)
		return;
	if (is(name, "log"))
		object->log = value;
	else if (is(name, "time"))
		object->time = value;
	else
		klog_journal_field(object->journal, name.bytes, name.length, value.bytes, value.length);
}

static bool parse_object(struct klog_cursor *c, struct arena *arena, struct object *object)
{
	struct value name, value;

	if (!klog_cursor_byte(c, '{'))
		return false;
	do {
		skip_space(c);
		if (!take_string(c, arena, &name))
			return false;
		skip_space(c);
		if (!klog_cursor_byte(c, ':'))
			return false;
		skip_space(c);
		if (!take_value(c, arena, &value))
			return false;
		enter(object, name, value);
		skip_space(c);
	} while (klog_cursor_byte(c, ','));
	return klog_cursor_byte(c, '}');
}

static bool unwrap_docker(struct klog_unwrap *line, const struct object *object)
{
	struct klog_cursor time = { object->time.bytes, object->time.bytes + object->time.length };
	struct klog_date date;

	if (!klog_date_iso(&time, &date))
		return false;
	klog_set_realtime(line, &date);
	line->seen = (line->seen & ~(unsigned)KLOG_SEEN_DATE) | KLOG_SEEN_CONTAINER;
	line->rest = (struct klog_cursor){ object->log.bytes, object->log.bytes + object->log.length };
	if (line->rest.end > line->rest.at && line->rest.end[-1] == '\n')
		line->rest.end--;
	return true;
}

/*
 * {"log":"TEXT\n","stream":"stdout","time":"RFC3339"}             Docker
 * {"MESSAGE":"TEXT","__REALTIME_TIMESTAMP":"USEC","PRIORITY":"3",…}  journalctl
 */
bool klog_format_json(struct klog_unwrap *line)
{
	struct klog_line_context *context = line->context;
	struct klog_cursor c = line->rest;
	struct arena arena = { context->decoded + context->decoded_length,
			       context->decoded + sizeof(context->decoded) };
	struct object object = { .journal = &context->journal };

	if (klog_cursor_peek(&c, 0) != '{')
		return false;
	klog_journal_begin(object.journal, false);
	if (!parse_object(&c, &arena, &object))
		return false;
	context->decoded_length = (size_t)(arena.at - context->decoded);
	if (object.log.bytes != NULL && object.time.bytes != NULL)
		return unwrap_docker(line, &object);
	if (!klog_journal_end(object.journal))
		return false;
	line->record = object.journal->record;
	line->rest.at = line->rest.end;
	line->seen |= KLOG_SEEN_WHOLE | KLOG_SEEN_TAG;
	return true;
}
