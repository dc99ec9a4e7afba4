/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON objects, as written by journalctl -o json and its variants, dmesg -J, Docker's json-file
 * driver and log shippers, each with its own keys.
 *
 * No JSON library is used: only strings, numbers and byte arrays are needed, and there is a buffer
 * for them already. A library would be one more to load, and would allocate a tree of values on a
 * host that is out of memory.
 */
#include "base/array.h"
#include "base/number.h"
#include "klog/journal/journal_fields.h"
#include "klog/text/line_format.h"

#define USEC_PER_SEC INT64_C(1000000)

/* The buffer for decoded values, which are stored one after another. */
struct arena {
	char *at;
	char *end;
};

struct value {
	const char *bytes; /* NULL: a type that is not needed */
	size_t length;
};

/* Drops NUL bytes, which a record's text must not hold. */
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

static void skip_space(struct cursor *c)
{
	while (cursor_take_blanks(c) || cursor_take_byte(c, '\n') || cursor_take_byte(c, '\r'))
		;
}

static bool take_hex4(struct cursor *c, uint32_t *ret)
{
	uint64_t value;

	if (cursor_left(c) < 4 || cursor_peek(c, 1) == 'x' || cursor_peek(c, 1) == 'X' ||
	    number_parse_hex(c->at, 4, &value) != 4)
		return false;
	c->at += 4;
	*ret = (uint32_t)value;
	return true;
}

/* Takes the rest of \uXXXX. A surrogate pair becomes one character, a lone surrogate U+FFFD. */
static bool take_unicode(struct cursor *c, struct arena *arena)
{
	uint32_t high, low;

	if (!take_hex4(c, &high))
		return false;
	if (high >= 0xD800 && high <= 0xDBFF) {
		struct cursor pair = *c;

		if (cursor_take(&pair, "\\u") && take_hex4(&pair, &low) && low >= 0xDC00 && low <= 0xDFFF) {
			*c = pair;
			high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
		}
	}
	put_utf8(arena, high >= 0xD800 && high <= 0xDFFF ? 0xFFFD : high);
	return true;
}

static bool take_string(struct cursor *c, struct arena *arena, struct value *ret)
{
	static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	const char *start = arena->at;

	if (!cursor_take_byte(c, '"'))
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
	return cursor_take_byte(c, '"');
}

/* [79,117,116]: how journalctl writes a value that is not UTF-8. */
static bool take_bytes(struct cursor *c, struct arena *arena, struct value *ret)
{
	struct cursor array = *c;
	const char *start = arena->at;
	int64_t byte;

	if (!cursor_take_byte(&array, '['))
		return false;
	do {
		skip_space(&array);
		if (!cursor_take_digits(&array, 1, 3, &byte) || byte > 255)
			return false;
		put(arena, (unsigned)byte);
		skip_space(&array);
	} while (cursor_take_byte(&array, ','));
	if (!cursor_take_byte(&array, ']'))
		return false;
	*c = array;
	*ret = (struct value){ start, (size_t)(arena->at - start) };
	return true;
}

/* Skips a string or one other character. Returns 1 if that opens an object or an array, -1 if it closes
 * one, else 0. */
static int skip_token(struct cursor *c)
{
	const char byte = *c->at++;

	if (byte == '"') {
		for (; c->at < c->end && *c->at != '"'; c->at++)
			c->at += *c->at == '\\' && c->at + 1 < c->end;
		c->at += c->at < c->end;
	}
	return (byte == '{' || byte == '[') - (byte == '}' || byte == ']');
}

int klog_json_depth(struct cursor c)
{
	int depth = 0;

	while (c.at < c.end)
		depth += skip_token(&c);
	return depth;
}

/* Skips an object or an array. */
static bool skip_nested(struct cursor *c)
{
	int depth = 0;

	do {
		if (c->at == c->end)
			return false;
		depth += skip_token(c);
	} while (depth > 0);
	return true;
}

/* 12, -1.5e3, true, false, null */
static bool take_word(struct cursor *c, struct value *ret)
{
	const char *start = c->at;

	while (c->at < c->end && strchr("+-.0123456789Eaeflnrstu", *c->at) != NULL && *c->at != '\0')
		c->at++;
	*ret = (struct value){ start, (size_t)(c->at - start) };
	return c->at > start;
}

static bool take_value(struct cursor *c, struct arena *arena, struct value *ret)
{
	char byte = cursor_peek(c, 0);

	*ret = (struct value){ NULL, 0 };
	if (byte == '"')
		return take_string(c, arena, ret);
	if (byte == '[' && take_bytes(c, arena, ret))
		return true;
	if (byte == '[' || byte == '{')
		return skip_nested(c);
	return take_word(c, ret);
}

/* The meaning of a key's value. */
enum key {
	KEY_MESSAGE,
	KEY_TIME,     /* RFC 3339, or a number: since the epoch, or since boot if it is too small
	               * for that */
	KEY_FACILITY, /* a name or a number */
	KEY_PROGRAM,
	KEY_HOST,
	KEY_TRANSPORT,
	KEY_SEQUENCE, /* in the kernel's ring; then also: */
	KEY_SEC,      /* since boot */
	KEY_USEC,
	KEY_COUNT
};

/*
 * Docker: log, time. vector: message, timestamp, host. rsyslog (JSON templates): message,
 * timestamp, facility, programname. Loki: line, labels.transport. fluent-bit's kmsg input: date,
 * msg, sequence, sec, usec. dmesg -J: msg, time, fac. filebeat and logstash: @timestamp. GELF:
 * short_message.
 */
static const struct {
	const char *name;
	enum key key;
} keys[] = {
	{ "message", KEY_MESSAGE },
	{ "msg", KEY_MESSAGE },
	{ "log", KEY_MESSAGE },
	{ "line", KEY_MESSAGE },
	{ "MESSAGE", KEY_MESSAGE },
	{ "short_message", KEY_MESSAGE },
	{ "time", KEY_TIME },
	{ "timestamp", KEY_TIME },
	{ "@timestamp", KEY_TIME },
	{ "date", KEY_TIME },
	{ "ts", KEY_TIME },
	{ "facility", KEY_FACILITY },
	{ "fac", KEY_FACILITY },
	{ "programname", KEY_PROGRAM },
	{ "program", KEY_PROGRAM },
	{ "syslogtag", KEY_PROGRAM },
	{ "tag", KEY_PROGRAM },
	{ "ident", KEY_PROGRAM },
	{ "appname", KEY_PROGRAM },
	{ "app-name", KEY_PROGRAM },
	{ "SYSLOG_IDENTIFIER", KEY_PROGRAM },
	{ "host", KEY_HOST },
	{ "hostname", KEY_HOST },
	{ "_HOSTNAME", KEY_HOST },
	{ "transport", KEY_TRANSPORT },
	{ "_TRANSPORT", KEY_TRANSPORT },
	{ "sequence", KEY_SEQUENCE },
	{ "sec", KEY_SEC },
	{ "usec", KEY_USEC },
};

struct object {
	struct klog_journal_entry *journal;
	struct value values[KEY_COUNT];
};

/* Maximum nesting of objects: {"labels": {"transport": "kernel"}, …} */
#define DEPTH_MAX 4

static bool is(struct value name, const char *string)
{
	return name.bytes != NULL && name.length == strlen(string) &&
	       memcmp(name.bytes, string, name.length) == 0;
}

/* The first of several values of a key counts. From nested objects, which a shipper may fill with
 * anything, only the transport and the host are taken. */
static void enter(struct object *object, struct value name, struct value value, unsigned depth)
{
	if (value.bytes == NULL)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (is(name, keys[i].name) && object->values[keys[i].key].bytes == NULL &&
		    (depth == 1 || keys[i].key == KEY_TRANSPORT || keys[i].key == KEY_HOST))
			object->values[keys[i].key] = value;
	}
	if (depth == 1)
		klog_journal_field(object->journal, name.bytes, name.length, value.bytes, value.length);
}

static bool parse_object(struct cursor *c, struct arena *arena, struct object *object, unsigned depth)
{
	struct value name, value;

	if (!cursor_take_byte(c, '{'))
		return false;
	do {
		skip_space(c);
		if (!take_string(c, arena, &name))
			return false;
		skip_space(c);
		if (!cursor_take_byte(c, ':'))
			return false;
		skip_space(c);
		if (cursor_peek(c, 0) == '{' && depth < DEPTH_MAX) {
			struct cursor nested = *c;

			if (!parse_object(&nested, arena, object, depth + 1) && !skip_nested(c))
				return false;
			if (nested.at > c->at)
				*c = nested;
		} else {
			if (!take_value(c, arena, &value))
				return false;
			enter(object, name, value, depth);
		}
		skip_space(c);
	} while (cursor_take_byte(c, ','));
	return cursor_take_byte(c, '}');
}

static int64_t number_of(struct value value)
{
	struct cursor c;
	int64_t number;

	if (value.bytes == NULL)
		return KLOG_TIME_UNKNOWN;
	c = (struct cursor){ value.bytes, value.bytes + value.length };
	return cursor_take_digits(&c, 1, 18, &number) ? number : KLOG_TIME_UNKNOWN;
}

/* Seconds, "1772600767.25", or milli-, micro- or nanoseconds, depending on the number of digits.
 * Nine digits or fewer are seconds since boot. */
static bool set_number(struct klog_unwrap *line, struct cursor time)
{
	static const int64_t usec_per[] = { USEC_PER_SEC, 1000, 1 };
	const size_t digits = cursor_digits(&time);
	int64_t number, fraction = 0;

	if (digits == 19)
		time.end = time.at + 16;
	if (!cursor_take_digits(&time, 1, 16, &number))
		return false;
	if (cursor_take_byte(&time, '.'))
		klog_date_fraction(&time, &fraction);
	if (digits < 10) {
		line->record.monotonic_usec = number * USEC_PER_SEC + fraction;
		return true;
	}
	line->record.realtime_usec = number * usec_per[digits >= 16 ? 2 : digits >= 13 ? 1 : 0];
	if (digits < 13)
		line->record.realtime_usec += fraction;
	line->seen |= KLOG_SEEN_DATE;
	return true;
}

static bool set_time(struct klog_unwrap *line, const struct object *object)
{
	const struct value value = object->values[KEY_TIME];
	const int64_t sec = number_of(object->values[KEY_SEC]), usec = number_of(object->values[KEY_USEC]);
	struct cursor time;
	struct klog_date date;

	if (value.bytes == NULL)
		return false;
	time = (struct cursor){ value.bytes, value.bytes + value.length };
	if (klog_date_iso(&time, &date))
		klog_set_realtime(line, &date);
	else if (!set_number(line, time))
		return false;
	if (sec >= 0 && sec < INT32_MAX && usec >= 0 && usec < USEC_PER_SEC)
		line->record.monotonic_usec = sec * USEC_PER_SEC + usec;
	return true;
}

static int facility_of(struct value value)
{
	const int64_t number = number_of(value);

	if (value.bytes == NULL)
		return KLOG_UNKNOWN;
	return number >= 0 && number <= 255 ? (int)number : klog_facility_by_name(value.bytes, value.length);
}

static bool is_kernel(const struct object *object)
{
	const struct value *values = object->values;

	if (values[KEY_TRANSPORT].bytes != NULL)
		return is(values[KEY_TRANSPORT], "kernel");
	if (values[KEY_PROGRAM].bytes != NULL)
		return is(values[KEY_PROGRAM], "kernel") || is(values[KEY_PROGRAM], "kernel:");
	return facility_of(values[KEY_FACILITY]) == KLOG_FACILITY_KERN ||
	       (values[KEY_SEQUENCE].bytes != NULL && values[KEY_SEC].bytes != NULL &&
		values[KEY_USEC].bytes != NULL);
}

/* An object of a log shipper or a container runtime. Its text may have an envelope of its own. */
static bool unwrap_shipped(struct klog_unwrap *line, const struct object *object)
{
	const struct value *values = object->values;
	const struct value message = values[KEY_MESSAGE], program = values[KEY_PROGRAM];

	if (message.bytes == NULL || !set_time(line, object))
		return false;
	line->rest = (struct cursor){ message.bytes, message.bytes + message.length };
	if (line->rest.end > line->rest.at && line->rest.end[-1] == '\n')
		line->rest.end--;
	if (values[KEY_HOST].bytes != NULL)
		klog_set_host(line->context, &line->record, values[KEY_HOST].bytes, values[KEY_HOST].length);
	line->record.facility = facility_of(values[KEY_FACILITY]);
	if (is_kernel(object)) {
		cursor_take_blanks(&line->rest);
		klog_set_identifier(line->context, &line->record, "kernel", strlen("kernel"));
		line->seen |= KLOG_SEEN_TAG;
	} else if (program.bytes != NULL) {
		klog_set_identifier(line->context, &line->record, program.bytes, program.length);
		line->seen |= KLOG_SEEN_TAG;
	} else {
		line->seen = (line->seen & ~(unsigned)KLOG_SEEN_DATE) | KLOG_SEEN_CONTAINER;
	}
	return true;
}

/*
 * {"log":"TEXT\n","stream":"stdout","time":"RFC3339"}             Docker
 * {"MESSAGE":"TEXT","__REALTIME_TIMESTAMP":"USEC","PRIORITY":"3",…}  journalctl
 * data: {…}                                                      journalctl -o json-sse
 * and other objects with keys of the table above
 */
bool klog_format_json(struct klog_unwrap *line)
{
	struct klog_line_context *context = line->context;
	struct cursor c = line->rest;
	struct arena arena = { context->decoded + context->decoded_length,
			       context->decoded + sizeof(context->decoded) };
	struct object object = { .journal = &context->journal };

	cursor_take(&c, "data: ");
	if (cursor_peek(&c, 0) != '{')
		return false;
	klog_journal_begin(object.journal, false);
	if (!parse_object(&c, &arena, &object, 1))
		return false;
	context->decoded_length = (size_t)(arena.at - context->decoded);
	if (!klog_journal_end(object.journal))
		return unwrap_shipped(line, &object);
	line->record = object.journal->record;
	line->rest.at = line->rest.end;
	line->seen |= KLOG_SEEN_WHOLE | KLOG_SEEN_TAG;
	return true;
}
