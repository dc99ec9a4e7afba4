/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oom/wrapped.h"

#include <string.h>

#include "oom/lines.h"

bool oom_wrapped_keep(struct oom_wrapped *wrapped, const struct klog_record *record)
{
	if (record->proven || record->text_length >= sizeof(wrapped->text))
		return false;
	memmove(wrapped->text, record->text, record->text_length);
	wrapped->record = *record;
	wrapped->record.text = wrapped->text;
	wrapped->record.sender = NULL;
	wrapped->record.identifier = record->identifier != NULL ? "kernel" : NULL;
	return true;
}

bool oom_wrapped_join(struct oom_wrapped *wrapped, const struct klog_record *record)
{
	const struct cursor rest = cursor_trimmed(record->text, record->text_length);
	size_t length = wrapped->record.text_length;

	if (!oom_line_goes_on(record->text, record->text_length) ||
	    cursor_left(&rest) + 1 >= sizeof(wrapped->text) - length)
		return false;
	wrapped->text[length++] = ' ';
	memcpy(wrapped->text + length, rest.at, cursor_left(&rest));
	length += cursor_left(&rest);
	wrapped->text[length] = '\0';
	wrapped->record.text_length = length;
	return true;
}
