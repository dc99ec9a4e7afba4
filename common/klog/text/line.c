/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/text/line.h"

#include <string.h>

#include "base/array.h"
#include "klog/host.h"
#include "klog/text/line_format.h"

/* Maximum nesting, as in a container's log of a syslog daemon that relays the kernel's ring. */
#define ENVELOPES_MAX 4

/*
 * The formats, in the order in which they are tried. A format is skipped after any of the envelopes
 * in `not_after`, so that a message that only looks like an envelope is not taken for one: after a
 * tag or a stamp there is no second date.
 */
static const struct {
	klog_format_fn unwrap;
	unsigned not_after;
} formats[] = {
	{ klog_format_json, ~(unsigned)KLOG_SEEN_CONTAINER },
	{ klog_format_cri, ~0U },
	{ klog_format_kmsg, ~(unsigned)KLOG_SEEN_CONTAINER },
	{ klog_format_priority, KLOG_SEEN_LEVEL | KLOG_SEEN_STAMP },
	{ klog_format_stamp, KLOG_SEEN_STAMP },
	{ klog_format_decoded, ~(unsigned)KLOG_SEEN_CONTAINER },
	{ klog_format_rfc5424, KLOG_SEEN_DATE | KLOG_SEEN_STAMP | KLOG_SEEN_TAG },
	{ klog_format_iso, KLOG_SEEN_DATE | KLOG_SEEN_STAMP | KLOG_SEEN_TAG },
	{ klog_format_weekday, KLOG_SEEN_DATE | KLOG_SEEN_STAMP | KLOG_SEEN_TAG },
	{ klog_format_rfc3164, KLOG_SEEN_DATE | KLOG_SEEN_STAMP | KLOG_SEEN_TAG },
	{ klog_format_unknown_month, ~(unsigned)KLOG_SEEN_CONTAINER },
	{ klog_format_talos, ~(unsigned)KLOG_SEEN_CONTAINER },
	{ klog_format_unix, ~(unsigned)KLOG_SEEN_CONTAINER },
	{ klog_format_time_only, ~0U },
	{ klog_format_kernel_tag, ~0U },
};

static int index_by_name(const char *const *names, size_t count, const char *name, size_t length)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
			return (int)i;
	}
	return KLOG_UNKNOWN;
}

int klog_facility_by_name(const char *name, size_t length)
{
	static const char *const names[] = { "kern",   "user",   "mail",   "daemon", "auth",     "syslog",
					     "lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
					     "res0",   "res1",   "res2",   "res3",   "local0",   "local1",
					     "local2", "local3", "local4", "local5", "local6",   "local7" };

	return index_by_name(names, ARRAY_SIZE(names), name, length);
}

int klog_level_by_name(const char *name, size_t length)
{
	static const char *const names[] = { "emerg", "alert", "crit", "err",      "warn",  "notice", "info",
					     "debug", "panic", "",     "critical", "error", "warning" };
	int index = index_by_name(names, ARRAY_SIZE(names), name, length);

	return index < 8 ? index : index - 8;
}

void klog_line_init(struct klog_line_context *context, int64_t reference_usec, int64_t latest_usec)
{
	klog_clock_init(&context->clock, reference_usec, latest_usec);
	context->order_usec = KLOG_TIME_UNKNOWN;
	context->kmsg = context->inherits = context->enveloped = false;
}

void klog_set_identifier(struct klog_line_context *context, struct klog_record *record, const char *name,
			 size_t length)
{
	static const char suffix[] = ".service"; /* journalctl -o with-unit */
	const size_t suffix_length = sizeof(suffix) - 1;

	if (length > suffix_length && memcmp(name + length - suffix_length, suffix, suffix_length) == 0)
		length -= suffix_length;
	if (length == 1 && name[0] == '-') /* RFC 5424's NILVALUE */
		length = 0;
	if (length >= sizeof(context->identifier))
		length = sizeof(context->identifier) - 1;
	memcpy(context->identifier, name, length);
	context->identifier[length] = '\0';
	record->identifier = context->identifier;
}

void klog_set_host(struct klog_line_context *context, struct klog_record *record, const char *name,
		   size_t length)
{
	if (length == 0 || (length == 1 && name[0] == '-')) /* RFC 5424's NILVALUE */
		return;
	if (length >= sizeof(context->host))
		length = sizeof(context->host) - 1;
	memcpy(context->host, name, length);
	context->host[length] = '\0';
	record->host = context->host;
}

static bool by_another_program(const struct klog_record *record)
{
	return record->identifier != NULL && strcmp(record->identifier, "kernel") != 0;
}

static bool unwrap_one(struct klog_unwrap *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if ((line->seen & formats[i].not_after) == 0 && formats[i].unwrap(line))
			return true;
	}
	return false;
}

/*
 * Skips what grep -n, -H and -C put before a line: "123:", "/var/log/kern.log:", "kern.log-123-".
 * Only if an envelope with a date or a stamp follows, since a message may start the same way.
 */
static bool unwrap_behind_grep(struct klog_unwrap *line)
{
	const struct klog_unwrap before = *line;
	size_t word = klog_cursor_word(&line->rest);

	for (size_t i = 0; i < word; i++) {
		if (before.rest.at[i] != ':' && (before.rest.at[i] != '-' || i == 0))
			continue;
		*line = before;
		line->rest.at += i + 1;
		if (klog_is_blank(klog_cursor_peek(&line->rest, 0)))
			break;
		if (unwrap_one(line) && (line->seen & (KLOG_SEEN_DATE | KLOG_SEEN_STAMP)) != 0)
			return true;
	}
	*line = before;
	return false;
}

/* Skips the quoting of mails ("> ", ">> ") and the code markup of bug reports (indentation, a
 * backtick). */
static void skip_quoting(struct klog_cursor *c)
{
	const char *start;

	do {
		start = c->at;
		klog_cursor_blanks(c);
		klog_cursor_byte(c, '>');
	} while (c->at > start);
	klog_cursor_byte(c, '`');
}

/* Whether the text holds a time, "14:52:38", that is not part of a MAC or PCI address. */
static bool has_clock(const char *text, size_t length)
{
	for (size_t i = 0; i + 7 < length; i++) {
		if (text[i + 2] == ':' && text[i + 5] == ':' && klog_is_digit(text[i]) &&
		    klog_is_digit(text[i + 1]) && klog_is_digit(text[i + 3]) && klog_is_digit(text[i + 4]) &&
		    klog_is_digit(text[i + 6]) && klog_is_digit(text[i + 7]) &&
		    (i == 0 || text[i - 1] != ':') && (i + 8 == length || text[i + 8] != ':'))
			return true;
	}
	return false;
}

/* Whether the line starts like data (JSON, SQL), a patch or kubectl's table of events. */
static bool starts_other_host(const struct klog_cursor *rest)
{
	static const char *const starts[] = { "{", "}", "'",  "\"",  "|",         "+",
					      "-", "#", "('", "(\"", "Warning  ", "Normal  " };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		if (klog_cursor_string(&(struct klog_cursor){ rest->at, rest->end }, starts[i]))
			return true;
	}
	return false;
}

/*
 * Handles a line without a known envelope. If there is a time near its start, the line has an
 * unknown envelope; its author is unknown, and so is the author of the lines that continue it. Any
 * other line continues the line above and has the same author and time, because dmesg(1) and
 * journalctl(1) print the newlines within a record unescaped. A user can bring a newline into a
 * kernel record, so the rest of a record is not a record of its own. In a file without envelopes, a
 * line may be console output.
 */
static void enter_bare(struct klog_unwrap *line)
{
	struct klog_line_context *context = line->context;
	size_t length = klog_cursor_left(&line->rest);

	if (has_clock(line->rest.at, length < 48 ? length : 48)) {
		klog_set_identifier(context, &line->record, "", 0);
		return;
	}
	if (context->inherits) {
		line->record = context->latest;
		line->record.sequence = KLOG_SEQUENCE_UNKNOWN;
		line->record.continuation = false;
	}
	line->record.may_continue = context->enveloped;
	line->seen |= KLOG_SEEN_BARE;
	if (starts_other_host(&line->rest))
		line->record.identifier = "";
}

/* Takes a control character that rsyslog wrote as #ooo ($EscapeControlCharactersOnReceive). */
static bool take_escape(struct klog_cursor *c, char *ret)
{
	char high = klog_cursor_peek(c, 2), low = klog_cursor_peek(c, 3);

	if (klog_cursor_peek(c, 0) != '#' || klog_cursor_peek(c, 1) != '0' || high < '0' || high > '3' ||
	    low < '0' || low > '7' || (high == '0' && low == '0'))
		return false;
	*ret = (char)((high - '0') * 8 + (low - '0'));
	c->at += 4;
	return true;
}

static void set_text(struct klog_unwrap *line)
{
	struct klog_cursor c = line->rest;
	char *text = line->context->text;
	size_t length = 0;
	bool escapes = (line->seen & KLOG_SEEN_TAG) != 0;

	while (c.at < c.end && length < KLOG_RECORD_MAX - 1) {
		if (!escapes || *c.at != '#' || !take_escape(&c, &text[length]))
			text[length] = *c.at++;
		length++;
	}
	text[length] = '\0';
	line->record.text = text;
	line->record.text_length = length;
}

/* Skips ESC [ … m, the colour sequences of dmesg -L=always. */
static const char *skip_colour(const char *at, const char *end)
{
	if (end - at < 2 || at[0] != '\033' || at[1] != '[')
		return at;
	for (at += 2; at < end && (klog_is_digit(*at) || *at == ';'); at++)
		;
	return at < end ? at + 1 : at;
}

/* The length in bytes of a tab or a no-break space (UTF-8 or Latin-1) at `at`; 0 for anything
 * else. */
static size_t other_blank(const struct klog_cursor *line, const char *at)
{
	static const char *const blanks[] = { "\t", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x87" };

	for (size_t i = 0; i < ARRAY_SIZE(blanks); i++) {
		if (klog_cursor_string(&(struct klog_cursor){ at, line->end }, blanks[i]))
			return strlen(blanks[i]);
	}
	return *at == '\xA0' && (at == line->at || (at[-1] & '\x80') == 0) ? 1 : 0;
}

/* Removes colour sequences and NUL bytes, which come from UTF-16 or from a hole in the file. If a
 * line has no space at all, another program has replaced its spaces; other blanks are turned into
 * spaces. */
static void clean(struct klog_line_context *context, struct klog_cursor *c)
{
	const size_t length = klog_cursor_left(c);
	const bool has_spaces = memchr(c->at, ' ', length) != NULL;
	size_t kept = 0;

	if (has_spaces && memchr(c->at, '\033', length) == NULL && memchr(c->at, '\0', length) == NULL)
		return;
	for (const char *at = c->at; at < c->end;) {
		const char *next = skip_colour(at, c->end);
		const size_t blank = has_spaces ? 0 : other_blank(c, at);

		if (blank > 0) {
			context->decoded[kept++] = ' ';
			next = at + blank;
		} else if (next == at && *next++ != '\0') {
			context->decoded[kept++] = *at;
		}
		at = next;
	}
	context->decoded_length = kept;
	*c = (struct klog_cursor){ context->decoded, context->decoded + kept };
}

/* Skips a byte order mark of UTF-8 or UTF-16, or the record separator of RFC 7464
 * (journalctl -o json-seq). */
static void skip_marks(struct klog_cursor *c)
{
	static const char *const marks[] = { "\xEF\xBB\xBF", "\xFF\xFE", "\xFE\xFF", "\x1E" };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (klog_cursor_string(c, marks[i]))
			return;
	}
}

/* False for empty lines, journalctl's own lines ("-- "), and the dictionary of a raw kmsg
 * record. */
static bool is_record(struct klog_line_context *context, const struct klog_cursor *c)
{
	if (c->at == c->end || klog_cursor_string(&(struct klog_cursor){ c->at, c->end }, "-- ")) {
		context->inherits = context->kmsg = false;
		return false;
	}
	return !context->kmsg || klog_cursor_peek(c, 0) != ' ' ||
	       memchr(c->at, '=', klog_cursor_left(c)) == NULL;
}

static int64_t order_of(const struct klog_unwrap *line)
{
	if (line->record.realtime_usec != KLOG_TIME_UNKNOWN)
		return line->record.realtime_usec;
	if (line->record.monotonic_usec != KLOG_TIME_UNKNOWN)
		return line->record.monotonic_usec;
	return line->context->order_usec;
}

static void unwrap(struct klog_unwrap *line)
{
	struct klog_line_context *context = line->context;

	for (int depth = 0; depth < ENVELOPES_MAX && line->rest.at < line->rest.end; depth++) {
		if ((line->seen & KLOG_SEEN_WHOLE) != 0 || by_another_program(&line->record) ||
		    (!unwrap_one(line) && (line->seen != 0 || !unwrap_behind_grep(line))))
			break;
	}
	/* A program's text that was relayed through /dev/kmsg: "[   12.345678] systemd[1]: …". If
	 * the facility is known, it identifies the author; the kernel itself also writes such text:
	 * "qemu[123]: segfault at …". */
	if ((line->seen & (KLOG_SEEN_STAMP | KLOG_SEEN_TAG)) != 0 && (line->seen & KLOG_SEEN_WHOLE) == 0 &&
	    line->record.facility == KLOG_UNKNOWN && !by_another_program(&line->record))
		klog_take_tag(line, false);
	if (line->seen == 0)
		enter_bare(line);
	else if (line->seen == KLOG_SEEN_CONTAINER) /* the container's own output */
		klog_set_identifier(context, &line->record, "", 0);
	if (by_another_program(&line->record) && line->record.facility == KLOG_FACILITY_KERN)
		line->record.facility = KLOG_UNKNOWN;
}

/* Whether the word in the tag's place is a field of an unknown template: empty, the facility
 * "kern", a level's name or an address. */
static bool is_no_program(const char *identifier)
{
	const size_t length = strlen(identifier);

	return length == 0 || klog_facility_by_name(identifier, length) == KLOG_FACILITY_KERN ||
	       klog_level_by_name(identifier, length) != KLOG_UNKNOWN || klog_host_is_address(identifier);
}

static enum klog_form form_of(const struct klog_unwrap *line)
{
	/* A host's name cannot hold these characters: it is a field of an unknown template. */
	if (line->record.host != NULL && strpbrk(line->record.host, "(){}\"") != NULL)
		return KLOG_FORM_UNKNOWN;
	if ((line->seen & KLOG_SEEN_WHOLE) != 0)
		return KLOG_FORM_KNOWN;
	if (line->record.identifier != NULL && is_no_program(line->record.identifier))
		return KLOG_FORM_UNKNOWN;
	return (line->seen & KLOG_SEEN_BARE) != 0 ? KLOG_FORM_BARE : KLOG_FORM_KNOWN;
}

bool klog_line_parse(struct klog_line_context *context, const char *text, size_t length,
		     struct klog_record *ret)
{
	struct klog_unwrap line = {
		.context = context,
		.rest = { text, text + (length < KLOG_LINE_MAX ? length : KLOG_LINE_MAX) },
		.record = { .realtime_usec = KLOG_TIME_UNKNOWN,
			    .monotonic_usec = KLOG_TIME_UNKNOWN,
			    .sequence = KLOG_SEQUENCE_UNKNOWN,
			    .facility = KLOG_UNKNOWN,
			    .level = KLOG_UNKNOWN },
	};

	context->decoded_length = 0;
	clean(context, &line.rest);
	skip_marks(&line.rest);
	while (line.rest.end > line.rest.at && line.rest.end[-1] == '\r')
		line.rest.end--;
	if (!is_record(context, &line.rest))
		return false;
	skip_quoting(&line.rest);
	unwrap(&line);
	if ((line.seen & KLOG_SEEN_WHOLE) == 0)
		set_text(&line);
	context->order_usec = order_of(&line);
	context->kmsg =
		line.seen != 0 && (line.seen & KLOG_SEEN_WHOLE) != 0 && (line.seen & KLOG_SEEN_TAG) == 0;
	if (line.record.realtime_usec != KLOG_TIME_UNKNOWN)
		context->clock.previous_usec = line.record.realtime_usec;
	if ((line.seen & KLOG_SEEN_BARE) == 0) {
		context->latest = line.record;
		context->inherits = context->enveloped = true;
	}
	*ret = line.record;
	ret->form = form_of(&line);
	return true;
}
