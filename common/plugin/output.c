/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "plugin/inside.h"
#include "plugin/plugin.h"

/* Names, punctuation and the line about what was left out. */
#define OUTPUT_MAX (PLUGIN_SUMMARY_MAX + PLUGIN_PERFDATA_MAX + PLUGIN_DETAILS_MAX + 512)
#define CUT        "..."

static void say_nothing(struct plugin *plugin)
{
	text_init(&plugin->summary, plugin->summary_buffer, sizeof(plugin->summary_buffer));
	text_init(&plugin->perfdata, plugin->perfdata_buffer, sizeof(plugin->perfdata_buffer));
	text_init(&plugin->details, plugin->details_buffer, sizeof(plugin->details_buffer));
	plugin->details_left_out = 0;
}

void plugin_init(struct plugin *plugin, const char *program, const char *service)
{
	/* Field by field: the buffers' pages are not touched until they are used. */
	plugin->program = program;
	plugin->service = service;
	plugin->verbose = 0;
	plugin->timeout_sec = PLUGIN_TIMEOUT_SEC;
	plugin->state = PLUGIN_UNKNOWN;
	plugin->extra_options = NULL;
	say_nothing(plugin);
}

void plugin_detail(struct plugin *plugin, const char *format, ...)
{
	struct text *details = &plugin->details;
	size_t line_start = details->length;
	va_list arguments;

	if (plugin->details_left_out == 0 && !details->truncated) {
		va_start(arguments, format);
		text_vprintf(details, format, arguments);
		va_end(arguments);
		text_append(details, "\n");
		if (!details->truncated)
			return;
		details->truncated = false;
		details->length = line_start;
		details->data[line_start] = '\0';
	}
	plugin->details_left_out++;
}

void plugin_clean(char *data, size_t length, bool keep_newlines)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)data[i];

		if (byte == '|')
			data[i] = '/';
		else if ((byte < ' ' || byte == 0x7F) && !(keep_newlines && (byte == '\n' || byte == '\t')))
			data[i] = ' ';
	}
}

static void append_summary(struct text *output, struct text *summary)
{
	plugin_clean(summary->data, summary->length, false);
	if (!summary->truncated) {
		text_append_bytes(output, summary->data, summary->length);
		return;
	}
	char head_buffer[PLUGIN_SUMMARY_MAX - sizeof(CUT)];
	struct text head;

	text_init(&head, head_buffer, sizeof(head_buffer));
	text_append_bytes(&head, summary->data, summary->length);
	text_append_bytes(output, head.data, head.length);
	text_append(output, CUT);
}

static void append_first_line(struct text *output, struct plugin *plugin)
{
	if (plugin->service)
		text_printf(output, "%s %s", plugin->service, plugin_state_name(plugin->state));
	else
		text_append(output, plugin->program);
	if (plugin->summary.length > 0) {
		text_append(output, plugin->service ? " - " : ": ");
		append_summary(output, &plugin->summary);
	}
	if (plugin->perfdata.length > 0) {
		text_append(output, " | ");
		text_append_bytes(output, plugin->perfdata.data, plugin->perfdata.length);
	}
	text_append(output, "\n");
}

static void append_details(struct text *output, struct plugin *plugin)
{
	struct text *details = &plugin->details;

	if (details->truncated) {
		while (details->length > 0 && details->data[details->length - 1] != '\n')
			details->length--;
	}
	plugin_clean(details->data, details->length, true);
	text_append_bytes(output, details->data, details->length);
	if (details->length > 0 && details->data[details->length - 1] != '\n')
		text_append(output, "\n");
	if (plugin->details_left_out > 0)
		text_printf(output, CUT " %" PRIu64 " more %s left out\n", plugin->details_left_out,
			    plugin->details_left_out == 1 ? "line" : "lines");
	else if (details->truncated)
		text_printf(output, CUT " what lies beyond %d bytes is left out\n", PLUGIN_DETAILS_MAX);
}

int plugin_write(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, data, length);

		if (written >= 0) {
			data += written;
			length -= (size_t)written;
		} else if (errno == EAGAIN) {
			/* A monitoring system's event loop may have handed us a
			 * non-blocking pipe. */
			struct pollfd writable = { .fd = fd, .events = POLLOUT };

			poll(&writable, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

_Noreturn void plugin_exit(struct plugin *plugin)
{
	char buffer[OUTPUT_MAX];
	struct text output;

	plugin_hold_signals();
	/* A reader that is gone shall be a failed write, not a death by signal. */
	signal(SIGPIPE, SIG_IGN);
	text_init(&output, buffer, sizeof(buffer));
	append_first_line(&output, plugin);
	append_details(&output, plugin);
	if (plugin_write(plugin->service ? STDOUT_FILENO : STDERR_FILENO, output.data, output.length) < 0)
		exit(PLUGIN_UNKNOWN);
	exit((int)plugin->state);
}

_Noreturn void plugin_unknown(struct plugin *plugin, const char *format, ...)
{
	va_list arguments;

	plugin->state = PLUGIN_UNKNOWN;
	say_nothing(plugin);
	va_start(arguments, format);
	text_vprintf(&plugin->summary, format, arguments);
	va_end(arguments);
	plugin_exit(plugin);
}
