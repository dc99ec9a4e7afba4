/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/source.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

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
