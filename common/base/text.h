/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_TEXT_H
#define OOM_BASE_TEXT_H
/*
 * A bounded string under construction.  The buffer is the caller's; what does
 * not fit is cut at a character boundary and remembered in `truncated`.  The
 * result is always terminated.  Nothing here allocates, so a check can still
 * speak on a host that has no memory left.
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

/* Copies a string into a buffer of its own, cut at a character where it does
 * not fit. */
void text_copy(char *buffer, size_t size, const char *string);

void text_append(struct text *text, const char *string);
void text_append_bytes(struct text *text, const char *bytes, size_t length);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *text, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* How the bytes of a foreign name (process, VM, cgroup, unit) are shown. */
enum text_foreign {
	TEXT_ASCII = 0, /* bytes below 0x20 and from 0x7f on as \xNN, as the kernel's log shows them */
	TEXT_UTF8 = 1,  /* valid, printable UTF-8 is kept: display names */
	TEXT_BAR = 2,   /* '|' is kept: not for a monitoring system's eyes */
};

/*
 * Appends foreign bytes so that they can neither end a line nor start
 * perfdata: unprintable bytes and '|' (monitoring's separator) become \xNN.
 * A backslash stays as it is: this text is for people, and cgroup names are
 * full of them.
 */
void text_append_foreign(struct text *text, const char *bytes, size_t length, enum text_foreign how);

/* A whole foreign string that people read, in any script: TEXT_UTF8. */
void text_append_name(struct text *text, const char *name);

#endif
