/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/text/line.h"

#include <string.h>

#include "base/array.h"
#include "klog/host.h"
#include "klog/text/line_format.h"
#include "klog/text/pasted_line.h"

/* Maximum nesting, as in a container's log of a syslog daemon that relays the kernel's ring. */
#define ENVELOPES_MAX 4

static const struct {
	bool (*unwrap)(struct klog_unwrap *line);
	unsigned after;
} formats[] = {
#define FORMAT_ROW(name, after) { klog_format_##name, (after) },
	KLOG_FORMATS(FORMAT_ROW)
};

void klog_line_init(struct klog_line_context *context, int64_t reference_usec, int64_t latest_usec)
{
	klog_clock_init(&context->clock, reference_usec, latest_usec);
	context->order_usec = KLOG_TIME_UNKNOWN;
	context->kmsg = context->inherits = context->enveloped = false;
}

void klog_line_restart(struct klog_line_context *context)
{
	const bool enveloped = context->enveloped;

	klog_line_init(context, context->clock.reference_usec, context->clock.latest_usec);
	context->enveloped = enveloped;
}

static bool by_another_program(const struct klog_record *record)
{
	return record->identifier != NULL && strcmp(record->identifier, "kernel") != 0;
}

static bool unwrap_one(struct klog_unwrap *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if ((line->seen & ~formats[i].after) == 0 && formats[i].unwrap(line))
			return true;
	}
	return false;
}

/* Parses a line that grep has found. Only an envelope with a date or a stamp is accepted there, since
 * a message may start the same way. */
static bool unwrap_behind_grep(struct klog_unwrap *line)
{
	const struct klog_unwrap before = *line;
	size_t offset = 0;

	while (klog_pasted_skip_grep(&before.rest, &offset)) {
		*line = before;
		line->rest.at += offset;
		if (unwrap_one(line) && (line->seen & (KLOG_SEEN_DATE | KLOG_SEEN_STAMP)) != 0)
			return true;
	}
	*line = before;
	return false;
}

/* Whether the text holds a time, "14:52:38", that is not part of a MAC or PCI address. */
static bool has_clock(const char *text, size_t length)
{
	for (size_t i = 0; i + 7 < length; i++) {
		if (text[i + 2] == ':' && text[i + 5] == ':' && cursor_is_digit(text[i]) &&
		    cursor_is_digit(text[i + 1]) && cursor_is_digit(text[i + 3]) &&
		    cursor_is_digit(text[i + 4]) && cursor_is_digit(text[i + 6]) &&
		    cursor_is_digit(text[i + 7]) && (i == 0 || text[i - 1] != ':') &&
		    (i + 8 == length || text[i + 8] != ':'))
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
	size_t length = cursor_left(&line->rest);

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
	if (klog_pasted_is_data(&line->rest))
		line->record.identifier = "";
}

/* Takes a control character that rsyslog wrote as #ooo ($EscapeControlCharactersOnReceive). */
static bool take_escape(struct cursor *c, char *ret)
{
	char high = cursor_peek(c, 2), low = cursor_peek(c, 3);

	if (cursor_peek(c, 0) != '#' || cursor_peek(c, 1) != '0' || high < '0' || high > '3' || low < '0' ||
	    low > '7' || (high == '0' && low == '0'))
		return false;
	*ret = (char)((high - '0') * 8 + (low - '0'));
	c->at += 4;
	return true;
}

static void set_text(struct klog_unwrap *line)
{
	struct cursor c = line->rest;
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

/* False for empty lines, journalctl's own lines ("-- "), and the dictionary of a raw kmsg
 * record. */
static bool is_record(struct klog_line_context *context, const struct cursor *c)
{
	if (c->at == c->end || cursor_starts(c, "-- ")) {
		context->inherits = context->kmsg = false;
		return false;
	}
	return !context->kmsg || cursor_peek(c, 0) != ' ' || memchr(c->at, '=', cursor_left(c)) == NULL;
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

	context->decoded_length = klog_pasted_clean(&line.rest, context->decoded);
	if (!is_record(context, &line.rest))
		return false;
	klog_pasted_unquote(&line.rest);
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
