/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the sources share. klog.c knows them all; this file knows none. */
#include "klog/source.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

bool klog_record_is_kernel(const struct klog_record *record)
{
	if (record->facility != KLOG_UNKNOWN)
		return record->facility == KLOG_FACILITY_KERN;
	return !record->identifier || strcmp(record->identifier, "kernel") == 0;
}

bool klog_record_is_from(const struct klog_record *record, const char *program)
{
	if (record->sender)
		return strcmp(record->sender->program, program) == 0 ||
		       strcmp(record->sender->service, program) == 0;
	return record->identifier && strcmp(record->identifier, program) == 0;
}

struct klog_window klog_query_window(const struct klog_query *query)
{
	struct klog_window window = { .from_usec = INT64_MIN, .to_usec = INT64_MAX };
	int64_t around_usec = query->filter ? query->filter->usec_around : 0;

	if (query->since_usec != KLOG_TIME_UNKNOWN &&
	    __builtin_sub_overflow(query->since_usec, around_usec, &window.from_usec))
		window.from_usec = INT64_MIN;
	if (query->until_usec != KLOG_TIME_UNKNOWN &&
	    __builtin_add_overflow(query->until_usec, around_usec, &window.to_usec))
		window.to_usec = INT64_MAX;
	return window;
}

/* Appends to the string in buffer. */
__attribute__((format(printf, 3, 0))) static void append(char *buffer, size_t size, const char *format,
							 va_list arguments)
{
	struct text text = { .data = buffer, .size = size, .length = strlen(buffer) };

	text_vprintf(&text, format, arguments);
}

int klog_fail(struct klog_failure *failure, int error, const char *remedy, const char *reason_format, ...)
{
	va_list arguments;

	*failure = (struct klog_failure){ .error = error };
	va_start(arguments, reason_format);
	append(failure->reason, sizeof(failure->reason), reason_format, arguments);
	va_end(arguments);
	klog_fail_remedy(failure, "%s", remedy ? remedy : "");
	return error;
}

void klog_fail_remedy(struct klog_failure *failure, const char *format, ...)
{
	va_list arguments;

	failure->remedy[0] = '\0';
	va_start(arguments, format);
	append(failure->remedy, sizeof(failure->remedy), format, arguments);
	va_end(arguments);
}

void klog_fail_because(struct klog_failure *failure, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	append(failure->reason, sizeof(failure->reason), format, arguments);
	va_end(arguments);
}

const char *klog_program_path(char *buffer, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", buffer, size - 1);

	if (length <= 0)
		return "this program";
	buffer[length] = '\0';
	return buffer;
}
