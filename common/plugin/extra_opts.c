/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --extra-opts[=[SECTION][@FILE]] like monitoring-plugins 2.3 (lib/extra_opts.c, lib/parse_ini.c;
 * monitoring-plugins.org/doc/extra-opts), with three improvements: short options with a value work
 * ("w = 10" is -w10 and not -w=10), an error has file and line, and a section may be empty.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "plugin/ini.h"
#include "plugin/inside.h"

#define OPTION        "--extra-opts"
#define FILE_SIZE_MAX 65536

/* In the order of lib/parse_ini.c. */
static const char *const standard_files[] = {
	"/usr/local/etc/monitoring-plugins/monitoring-plugins.ini",
	"/usr/local/etc/monitoring-plugins.ini",
	"/etc/monitoring-plugins/monitoring-plugins.ini",
	"/etc/monitoring-plugins.ini",
	"/etc/nagios/plugins.ini",
	"/usr/local/nagios/etc/plugins.ini",
	"/usr/local/etc/nagios/plugins.ini",
	"/etc/opt/nagios/plugins.ini",
	"/etc/nagios-plugins.ini",
	"/usr/local/etc/nagios-plugins.ini",
	"/etc/opt/nagios-plugins.ini",
};

/* File names searched in each directory of NAGIOS_CONFIG_PATH. */
static const char *const file_names[] = { "monitoring-plugins.ini", "plugins.ini", "nagios-plugins.ini" };

struct plugin_extra_options {
	char *argv[PLUGIN_EXTRA_MAX + 2]; /* argv[0] is the program's */
	int argc;
	struct text pool; /* the strings, each terminated */
	char pool_buffer[PLUGIN_EXTRA_BYTES];
};

struct locator {
	const char *section;
	size_t section_length;
	const char *file;
};

static _Noreturn void refuse(struct plugin *plugin, const char *file, unsigned line, const char *what)
{
	TEXT_ON_STACK(message, PLUGIN_SUMMARY_MAX);

	text_append(&message, OPTION ": ");
	text_append_name(&message, file);
	if (line > 0)
		text_printf(&message, ": line %u", line);
	plugin_unknown(plugin, "%s: %s", message.data, what);
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* secure_getenv(3), because the environment must not control a program that gained privileges. */
static const char *file_in_config_path(char *buffer, size_t size)
{
	const char *directory = secure_getenv("NAGIOS_CONFIG_PATH");

	while (directory && *directory) {
		size_t length = strcspn(directory, ":");

		for (size_t i = 0; length > 0 && i < ARRAY_SIZE(file_names); i++) {
			struct text path;

			text_init(&path, buffer, size);
			text_append_bytes(&path, directory, length);
			text_printf(&path, "/%s", file_names[i]);
			if (!path.truncated && exists(buffer))
				return buffer;
		}
		directory += length;
		directory += *directory == ':';
	}
	return NULL;
}

static const char *default_file(char *buffer, size_t size)
{
	const char *file = secure_getenv("MP_CONFIG_FILE");

	if (!file)
		file = file_in_config_path(buffer, size);
	for (size_t i = 0; !file && i < ARRAY_SIZE(standard_files); i++) {
		if (exists(standard_files[i]))
			file = standard_files[i];
	}
	return file;
}

static void append_argument(struct plugin *plugin, struct plugin_extra_options *extra,
			    const struct plugin_ini_entry *entry, const char *file, unsigned line)
{
	struct text *pool = &extra->pool;
	char *argument = pool->data + pool->length;
	bool is_letter = cursor_left(&entry->name) == 1;

	if (cursor_left(&entry->name) == 0)
		refuse(plugin, file, line, "no option before '='");
	text_append(pool, is_letter ? "-" : "--");
	text_append_bytes(pool, entry->name.at, cursor_left(&entry->name));
	if (!is_letter && cursor_left(&entry->value) > 0)
		text_append(pool, "=");
	text_append_bytes(pool, entry->value.at, cursor_left(&entry->value));
	text_append_bytes(pool, "", 1);
	if (pool->truncated || extra->argc > PLUGIN_EXTRA_MAX)
		refuse(plugin, file, line, "too many options");
	extra->argv[extra->argc++] = argument;
	extra->argv[extra->argc] = NULL;
}

static void read_section(struct plugin *plugin, struct plugin_extra_options *extra,
			 const struct locator *locator, const char *content, size_t length)
{
	struct plugin_ini ini = { .rest = { content, content + length } };
	struct plugin_ini_entry entry;
	bool any = false, ours = false, found = false;
	const char *error;
	int r;

	while ((r = plugin_ini_next(&ini, &entry, &error)) > 0) {
		if (entry.kind == PLUGIN_INI_SECTION) {
			any = true;
			ours = cursor_left(&entry.name) == locator->section_length &&
			       memcmp(entry.name.at, locator->section, locator->section_length) == 0;
			found = found || ours;
		} else if (!any) {
			refuse(plugin, locator->file, ini.line, "an option before the first [section]");
		} else if (ours) {
			append_argument(plugin, extra, &entry, locator->file, ini.line);
		}
	}
	if (r < 0)
		refuse(plugin, locator->file, ini.line, error);
	if (!found) {
		TEXT_ON_STACK(message, 256);

		text_append(&message, "no section [");
		text_append_untrusted(&message, locator->section, locator->section_length, TEXT_UTF8);
		text_append(&message, "]");
		refuse(plugin, locator->file, 0, message.data);
	}
}

/* Options may be read from any kind of file (standard input, <(...)) except the kernel's: reading
 * /proc/kmsg would take records from its reader. */
static ssize_t read_content(const char *path, char *content, size_t size)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	if (file_is_kernels(fd))
		return -EINVAL;
	ssize_t length = file_read_fd(fd, content, size);
	return length == (ssize_t)size ? -EFBIG : length;
}

static void read_file(struct plugin *plugin, struct plugin_extra_options *extra,
		      const struct locator *locator)
{
	bool is_stdin = strcmp(locator->file, "-") == 0;
	AUTO_FREE char *content = malloc(FILE_SIZE_MAX);

	plugin_progress(plugin, OPTION ": reading %s", locator->file);
	ssize_t length =
		content ? read_content(is_stdin ? "/dev/stdin" : locator->file, content, FILE_SIZE_MAX)
			: -ENOMEM;
	if (length < 0)
		refuse(plugin, locator->file, 0, strerror((int)-length));
	if (memchr(content, '\0', (size_t)length))
		refuse(plugin, locator->file, 0, "not a text file");
	read_section(plugin, extra, locator, content, (size_t)length);
	plugin_progress(plugin, "%s", "");
}

/* `value` is [SECTION][@FILE]; NULL: neither. */
static void expand(struct plugin *plugin, struct plugin_extra_options *extra, const char *value)
{
	size_t section_length = value ? strcspn(value, "@") : 0;
	char default_path[PATH_MAX];
	struct locator locator = { .section = plugin->program, .section_length = strlen(plugin->program) };

	if (section_length > 0) {
		locator.section = value;
		locator.section_length = section_length;
	}
	locator.file = value && value[section_length] == '@'
			       ? value + section_length + 1
			       : default_file(default_path, sizeof(default_path));
	if (!locator.file || locator.file[0] == '\0')
		plugin_unknown(plugin, OPTION ": no configuration file in the standard places "
					      "(/etc/monitoring-plugins/monitoring-plugins.ini and others)");
	read_file(plugin, extra, &locator);
}

/* How many words of argv the option takes at argv[0]: 0, 1 or 2. */
static int match(char **argv, const char **ret_value)
{
	*ret_value = NULL;
	if (strncmp(argv[0], OPTION "=", strlen(OPTION "=")) == 0) {
		*ret_value = argv[0] + strlen(OPTION "=");
		return 1;
	}
	if (strcmp(argv[0], OPTION) != 0)
		return 0;
	/* The optional argument may be a separate word, which getopt_long() does not support. */
	if (!argv[1] || argv[1][0] == '-')
		return 1;
	*ret_value = argv[1];
	return 2;
}

static struct plugin_extra_options *extra_options_new(struct plugin *plugin, char *program)
{
	struct plugin_extra_options *extra = malloc(sizeof(*extra));

	if (!extra)
		plugin_unknown(plugin, OPTION ": %s", strerror(ENOMEM));
	extra->argv[0] = program;
	extra->argv[1] = NULL;
	extra->argc = 1;
	text_init(&extra->pool, extra->pool_buffer, sizeof(extra->pool_buffer));
	return extra;
}

int plugin_extra_opts(struct plugin *plugin, int *argc, char **argv, char ***ret_argv)
{
	struct plugin_extra_options *extra = NULL;
	int kept = 1, words;

	for (int i = 1; i < *argc; i += words ? words : 1) {
		const char *value;

		words = match(argv + i, &value);
		if (words == 0) {
			argv[kept++] = argv[i];
			continue;
		}
		if (!extra)
			extra = plugin->extra_options = extra_options_new(plugin, argv[0]);
		expand(plugin, extra, value);
	}
	if (!extra)
		return 0;
	argv[kept] = NULL;
	*argc = kept;
	*ret_argv = extra->argv;
	return extra->argc;
}
