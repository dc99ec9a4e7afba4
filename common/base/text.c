/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

void text_init(struct text *text, char *buffer, size_t size)
{
	*text = (struct text){ .data = buffer, .size = size };
	buffer[0] = '\0';
}

/* Length of the longest prefix of bytes[0..length) that does not end in the middle of a UTF-8
 * character. */
static size_t whole_characters(const char *bytes, size_t length)
{
	size_t start = length;

	while (start > 0 && length - start < 4 && ((unsigned char)bytes[start - 1] & 0xC0) == 0x80)
		start--;
	if (start == 0)
		return length;
	unsigned char lead = (unsigned char)bytes[start - 1];
	size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
	return length - (start - 1) < wanted && wanted > 1 ? start - 1 : length;
}

void text_append_bytes(struct text *text, const char *bytes, size_t length)
{
	size_t room = text->size - 1 - text->length;

	if (text->truncated)
		return;
	if (length > room) {
		text->truncated = true;
		length = whole_characters(bytes, room);
	}
	if (length > 0)
		memcpy(text->data + text->length, bytes, length);
	text->length += length;
	text->data[text->length] = '\0';
}

void text_append(struct text *text, const char *string)
{
	text_append_bytes(text, string, strlen(string));
}

void text_copy(char *buffer, size_t size, const char *string)
{
	struct text text;

	text_init(&text, buffer, size);
	text_append(&text, string);
}

bool text_ends_with(const char *string, const char *end)
{
	const size_t length = strlen(string), end_length = strlen(end);

	return length >= end_length && strcmp(string + length - end_length, end) == 0;
}

void text_vprintf(struct text *text, const char *format, va_list arguments)
{
	if (text->truncated)
		return;
	size_t room = text->size - text->length;
	int wanted = vsnprintf(text->data + text->length, room, format, arguments);

	if (wanted < 0) {
		text->data[text->length] = '\0';
		text->truncated = true;
	} else if ((size_t)wanted >= room) {
		text->truncated = true;
		text->length += whole_characters(text->data + text->length, room - 1);
		text->data[text->length] = '\0';
	} else {
		text->length += (size_t)wanted;
	}
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text_vprintf(text, format, arguments);
	va_end(arguments);
}

/*
 * Length of the printable UTF-8 character at the start of bytes, or 0 if it is malformed, overlong,
 * a surrogate, a C1 control or a character that reorders or hides the surrounding text (RFC 3629;
 * Unicode's Bidi_Control, line and paragraph separators, BOM).
 */
static size_t printable_utf8(const unsigned char *bytes, size_t length)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t wanted = bytes[0] >= 0xF0 ? 4 : bytes[0] >= 0xE0 ? 3 : bytes[0] >= 0xC2 ? 2 : 0;

	if (wanted == 0 || bytes[0] > 0xF4 || length < wanted)
		return 0;
	uint32_t character = bytes[0] & (0xFFU >> (wanted + 1));
	for (size_t i = 1; i < wanted; i++) {
		if ((bytes[i] & 0xC0) != 0x80)
			return 0;
		character = character << 6 | (bytes[i] & 0x3FU);
	}
	if (character < smallest[wanted] || character > 0x10FFFF ||
	    (character >= 0xD800 && character <= 0xDFFF) || character < 0xA0 || character == 0xFEFF ||
	    character == 0x061C || (character >= 0x200B && character <= 0x200F) ||
	    (character >= 0x2028 && character <= 0x202E) || (character >= 0x2066 && character <= 0x2069))
		return 0;
	return wanted;
}

void text_append_untrusted(struct text *text, const char *bytes, size_t length, enum text_untrusted how)
{
	for (size_t i = 0; i < length && !text->truncated;) {
		unsigned char byte = (unsigned char)bytes[i];
		size_t utf8 = (how & TEXT_UTF8) && byte >= 0x80
				      ? printable_utf8((const unsigned char *)bytes + i, length - i)
				      : 0;

		if (utf8 > 0) {
			text_append_bytes(text, bytes + i, utf8);
			i += utf8;
		} else if (byte < 0x20 || byte >= 0x7F || (byte == '|' && !(how & TEXT_BAR))) {
			text_printf(text, "\\x%02x", byte);
			i++;
		} else {
			text_append_bytes(text, bytes + i, 1);
			i++;
		}
	}
}

void text_append_name(struct text *text, const char *name)
{
	text_append_untrusted(text, name, strlen(name), TEXT_UTF8);
}
