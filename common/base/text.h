/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_TEXT_H
#define OOM_BASE_TEXT_H
/*
 * A bounded string under construction. The caller owns the buffer. Text that does not fit is cut at
 * a character boundary and sets `truncated`. The result is always terminated. Nothing here
 * allocates memory, so a check can still print its output when the host has none left.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
	char *data;
	size_t size;   /* of the buffer in bytes, with the terminator */
	size_t length; /* in bytes, without the terminator */
	bool truncated;
};

/* Declares `name` as an empty text of at most bytes-1 bytes on the stack. */
#define TEXT_ON_STACK(name, bytes) \
	char name##_buffer[bytes]; \
	struct text name;          \
	text_init(&name, name##_buffer, sizeof(name##_buffer))

void text_init(struct text *text, char *buffer, size_t size);

/* Copies a string into a buffer, cut at a character boundary if it does not fit. */
void text_copy(char *buffer, size_t size, const char *string);

/* Whether the string ends with `end`. */
bool text_ends_with(const char *string, const char *end);

void text_append(struct text *text, const char *string);
void text_append_bytes(struct text *text, const char *bytes, size_t length);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *text, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* How the bytes of an untrusted name (process, VM, cgroup, unit) are printed. */
enum text_untrusted {
	TEXT_ASCII = 0, /* bytes below 0x20 and from 0x7f on become \xNN, as in the kernel's log */
	TEXT_UTF8 = 1,  /* valid, printable UTF-8 is kept: display names */
	TEXT_BAR = 2,   /* '|' is kept: not for a monitoring plugin's output */
};

/*
 * Appends untrusted bytes so that they can neither end a line nor start perfdata: unprintable bytes
 * and '|' (which separates perfdata) become \xNN. A backslash is not escaped: the text is for
 * people, and cgroup names contain many of them.
 */
void text_append_untrusted(struct text *text, const char *bytes, size_t length, enum text_untrusted how);

/* Appends a whole untrusted string for people to read, in any script (TEXT_UTF8). */
void text_append_name(struct text *text, const char *name);

#endif
