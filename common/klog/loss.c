/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/loss.h"

#include <string.h>

#include "base/array.h"
#include "base/number.h"

/*
 * The messages and where they are written:
 *
 * rsyslog       runtime/ratelimit.c: "imjournal: 12345 messages lost due to rate-limiting
 *               (20000 allowed within 600 seconds)", "imuxsock[pid 7]: begin to drop
 *               messages due to rate-limiting"; until 6.x "imuxsock lost 12 messages from
 *               pid 7 due to rate-limiting"
 *               imkmsg.c: "imkmsg: some messages in circular buffer got overwritten"
 * journald      "Missed 77 kernel messages", "Suppressed 917 messages from x.service",
 *               "Forwarding to syslog missed 12 messages."; its name may be cut to the
 *               kernel's 15 bytes
 * syslog-ng     lib/logqueue*.c: "Destination queue full, dropping message"
 * the kernel    printk.c console_prepend_dropped(): "** 34 printk messages dropped **"
 */
static const struct loss {
	const char *author; /* what the identifier starts with; NULL: the kernel */
	const char *text;
} losses[] = {
	{ "rsyslogd", " due to rate-limiting" },
	{ "rsyslogd", "circular buffer got overwritten" },
	{ "systemd-journal", "Missed " },
	{ "systemd-journal", "Suppressed " },
	{ "systemd-journal", "Forwarding to syslog missed " },
	{ "syslog-ng", "Destination queue full, dropping message" },
	{ NULL, " printk messages dropped **" },
};

static bool is_by(const struct klog_record *record, const char *author)
{
	if (author == NULL)
		return klog_record_is_kernel(record);
	return record->identifier != NULL && strncmp(record->identifier, author, strlen(author)) == 0;
}

/* The number before " messages", " kernel messages" or " printk messages"; 1 if there is none. */
static uint64_t count_in(const char *text, size_t length)
{
	const char *end = memmem(text, length, " messages", strlen(" messages"));
	static const char *const words[] = { " kernel", " printk" };
	const char *start;
	uint64_t count;

	if (end == NULL)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t word = strlen(words[i]);

		if ((size_t)(end - text) >= word && memcmp(end - word, words[i], word) == 0)
			end -= word;
	}
	for (start = end; start > text && start[-1] >= '0' && start[-1] <= '9'; start--)
		;
	return start < end && number_parse_u64(start, (size_t)(end - start), &count) > 0 && count > 0 ? count
												      : 1;
}

uint64_t klog_loss_of(const struct klog_record *record)
{
	for (size_t i = 0; i < ARRAY_SIZE(losses); i++) {
		if (is_by(record, losses[i].author) &&
		    memmem(record->text, record->text_length, losses[i].text, strlen(losses[i].text)) != NULL)
			return count_in(record->text, record->text_length);
	}
	return 0;
}

/* These are found faster than the texts above: a daemon logs few lines of its own. */
const char *klog_loss_text(size_t number, const char **ret_pair)
{
	static const char *const texts[][2] = { { "rsyslogd", "gd" },
						{ "systemd-journal", "-j" },
						{ "queue full, dropping message", "qu" },
						{ " printk messages dropped **", "**" } };

	if (number >= ARRAY_SIZE(texts))
		return NULL;
	*ret_pair = texts[number][1];
	return texts[number][0];
}
