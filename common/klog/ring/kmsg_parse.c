/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The grammar of a record (Documentation/ABI/testing/dev-kmsg, since 3.5):
 *
 *	PRIO "," SEQ "," USEC "," FLAGS { "," further } ";" TEXT
 *
 * PRIO is facility * 8 + level.  FLAGS is "-" for a record of its own, "c" for
 * one that continues an earlier one ("+" until 4.9).  Further fields, such as
 * "caller=T123" (5.1, CONFIG_PRINTK_CALLER), come and go.  In TEXT the kernel
 * writes bytes below 0x20, from 0x7f on, and the backslash as \xNN.
 */
#include "klog/source.h"

#include <errno.h>
#include <string.h>

#include "base/cursor.h"
#include "base/number.h"

/* devkmsg_write() accepts eight bits of facility. */
#define PRIO_MAX 2047
/* 146,000 years, so that adding a wall-clock time cannot overflow. */
#define USEC_MAX ((uint64_t)INT64_MAX / 2)

int klog_kmsg_parse_header(const char *record, size_t length, struct klog_record *ret)
{
	static const uint64_t most[3] = { PRIO_MAX, UINT64_MAX, USEC_MAX };
	uint64_t fields[3]; /* prio, seq, usec */
	struct cursor rest = { record, record + length }, flags;

	for (size_t i = 0; i < 3; i++) {
		if (!cursor_take_u64(&rest, most[i], &fields[i]) || !cursor_take_byte(&rest, ','))
			return -EINVAL;
	}
	if (!cursor_take_until(&rest, ';', &flags) || flags.at == flags.end)
		return -EINVAL;
	*ret = (struct klog_record){
		.realtime_usec = KLOG_TIME_UNKNOWN,
		.monotonic_usec = (int64_t)fields[2],
		.sequence = fields[1],
		.facility = (int)(fields[0] >> 3),
		.level = (int)(fields[0] & 7),
		.continuation = *flags.at == 'c' || *flags.at == '+',
	};
	return (int)(rest.at - record);
}

/*
 * Decodes \xNN at the start of text. Returns the byte, or -1 for a sequence that must be left
 * unchanged. An escaped NUL is left, because it would end the string early for its readers. So is a
 * printable byte other than the backslash: the kernel does not escape those (kernel/printk/printk.c
 * append_char()), so the sequence comes from a copy in which the backslash was already unescaped.
 */
static int escaped_byte(const char *text, size_t length)
{
	int high, low, byte;

	if (length < 4 || text[1] != 'x')
		return -1;
	high = number_hex_digit(text[2]);
	low = number_hex_digit(text[3]);
	byte = high < 0 || low < 0 ? -1 : high << 4 | low;
	return byte == '\\' || (byte > 0 && byte < ' ') || byte >= 127 ? byte : -1;
}

/* Escapes are rare: the text between two of them is copied in one piece. */
void klog_kmsg_unescape(const char *text, size_t length, char *buffer, size_t size, struct klog_record *ret)
{
	size_t written = 0;

	while (length > 0 && written < size - 1) {
		const char *escape = memchr(text, '\\', length);
		size_t plain = escape ? (size_t)(escape - text) : length;
		int byte;

		if (plain > size - 1 - written)
			plain = size - 1 - written;
		memcpy(buffer + written, text, plain);
		written += plain;
		text += plain;
		length -= plain;
		if (text != escape || written == size - 1)
			continue;
		byte = escaped_byte(text, length);
		buffer[written++] = byte < 0 ? '\\' : (char)byte;
		text += byte < 0 ? 1 : 4;
		length -= byte < 0 ? 1 : 4;
	}
	buffer[written] = '\0';
	ret->text = buffer;
	ret->text_length = written;
}

int klog_kmsg_parse(const char *record, size_t length, char *buffer, size_t size, struct klog_record *ret)
{
	int header = klog_kmsg_parse_header(record, length, ret);

	if (header < 0)
		return header;
	klog_kmsg_unescape(record + header, length - (size_t)header, buffer, size, ret);
	return 0;
}
