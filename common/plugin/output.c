/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "plugin/inside.h"

void plugin_answer_anew(struct plugin *plugin)
{
	text_init(&plugin->summary, plugin->summary_buffer, sizeof(plugin->summary_buffer));
	text_init(&plugin->perfdata, plugin->perfdata_buffer, sizeof(plugin->perfdata_buffer));
}

/* Needs a new buffer because the old details may be settled. */
bool plugin_details_anew(struct plugin *plugin)
{
	char *buffer;

	if (plugin->details.length == 0 && plugin->details_left_out == 0)
		return true;
	buffer = malloc(PLUGIN_DETAILS_MAX);
	if (!buffer)
		return false;
	text_init(&plugin->details, buffer, PLUGIN_DETAILS_MAX);
	plugin->details_left_out = 0;
	return true;
}

static void say_nothing(struct plugin *plugin)
{
	plugin_answer_anew(plugin);
	text_init(&plugin->details, plugin->details_buffer, sizeof(plugin->details_buffer));
	plugin->details_left_out = 0;
}

/*
 * An opened file gets the lowest free descriptor.  If standard output is closed, a state file could
 * get its number and the answer would be written into it.  A descriptor opened with O_PATH occupies
 * the number; reads and writes on it fail with EBADF.
 */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* cppcheck-suppress leakReturnValNotUsed ; stays open to occupy the number */
		if (fcntl(fd, F_GETFD) < 0 && open("/", O_PATH | O_CLOEXEC) < 0)
			return;
	}
}

void plugin_init(struct plugin *plugin, const char *program, const char *service)
{
	fill_standard_descriptors();
	/* Field by field, so that pages of the buffers are not touched before they are used. */
	plugin->program = program;
	plugin->service = service;
	plugin->verbose = 0;
	plugin->timeout_sec = service ? PLUGIN_TIMEOUT_SEC : 0;
	plugin->state = PLUGIN_UNKNOWN;
	plugin->labels = NULL;
	plugin->extra_options = NULL;
	say_nothing(plugin);
}

/* Doubles the buffer.  The old one is not freed because a settled answer may point to it. */
static bool grow_details(struct plugin *plugin)
{
	struct text *details = &plugin->details;
	char *larger;

	if (plugin->verbose == 0 || details->size >= PLUGIN_DETAILS_LONG ||
	    !(larger = malloc(2 * details->size)))
		return false;
	memcpy(larger, details->data, details->length + 1);
	details->data = larger;
	details->size *= 2;
	return true;
}

/* Returns false and keeps nothing of the line if it does not fit. */
__attribute__((format(printf, 2, 0))) static bool add_detail(struct text *details, const char *format,
							     va_list arguments)
{
	const size_t line_start = details->length;

	text_vprintf(details, format, arguments);
	text_append(details, "\n");
	if (!details->truncated)
		return true;
	details->truncated = false;
	details->length = line_start;
	details->data[line_start] = '\0';
	return false;
}

void plugin_detail(struct plugin *plugin, const char *format, ...)
{
	bool added = false;

	if (plugin->details_left_out > 0 || plugin->details.truncated) {
		plugin->details_left_out++;
		return;
	}
	do {
		va_list arguments;

		va_start(arguments, format);
		added = add_detail(&plugin->details, format, arguments);
		va_end(arguments);
	} while (!added && grow_details(plugin));
	plugin->details_left_out += !added;
}

/* Returns the length of the complete lines, and in *left_out the line about what did not fit. */
static size_t finish_details(struct plugin *plugin, struct text *left_out)
{
	struct text *details = &plugin->details;
	size_t length = details->length;

	if (details->truncated) {
		while (length > 0 && details->data[length - 1] != '\n')
			length--;
	}
	plugin_clean(details->data, length, true);
	if (length > 0 && details->data[length - 1] != '\n')
		text_append(left_out, "\n");
	if (plugin->details_left_out > 0)
		text_printf(left_out, PLUGIN_CUT " %" PRIu64 " more %s left out\n", plugin->details_left_out,
			    plugin->details_left_out == 1 ? "line" : "lines");
	else if (details->truncated)
		text_printf(left_out, PLUGIN_CUT " truncated after %zu bytes\n", details->size);
	return length;
}

_Noreturn void plugin_exit(struct plugin *plugin)
{
	TEXT_ON_STACK(line, PLUGIN_FIRST_LINE_MAX);
	TEXT_ON_STACK(left_out, 128);

	plugin_first_line_append(&line, plugin);
	const size_t length = finish_details(plugin, &left_out);
	/* The details are written from where they are: a copy would touch eight more pages. */
	struct iovec parts[] = {
		{ line.data, line.length },
		{ plugin->details.data, length },
		{ left_out.data, left_out.length },
	};
	if (plugin_write(plugin->service ? STDOUT_FILENO : STDERR_FILENO, parts, ARRAY_SIZE(parts),
			 plugin->state) < 0)
		exit(PLUGIN_UNKNOWN);
	exit((int)plugin->state);
}

static ssize_t write_report(void *cookie, const char *data, size_t length)
{
	struct iovec whole = { .iov_base = (void *)data, .iov_len = length };

	(void)cookie;
	int r = file_write_fd(STDOUT_FILENO, &whole, 1);
	if (r < 0)
		errno = -r;
	return r < 0 ? 0 : (ssize_t)length; /* 0 is fopencookie(3)'s error */
}

FILE *plugin_report_open(void)
{
	return fopencookie(NULL, "w", (cookie_io_functions_t){ .write = write_report });
}

_Noreturn void plugin_unknown(struct plugin *plugin, const char *format, ...)
{
	va_list arguments;

	plugin->state = PLUGIN_UNKNOWN;
	say_nothing(plugin);
	va_start(arguments, format);
	text_vprintf(&plugin->summary, format, arguments);
	va_end(arguments);
	plugin_perfdata_unknown(plugin);
	plugin_exit(plugin);
}
