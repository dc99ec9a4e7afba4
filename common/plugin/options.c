/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugin/options.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "config.h"
#include "plugin/inside.h"

#define HELP_MAX 16384

/* Values of the options that all programs have. */
struct common {
	bool help;
	bool version;
	unsigned verbose;
	unsigned timeout_sec;
	struct file_roots roots;
};

static int parse_verbose(const char *value, void *target, struct text *error)
{
	(void)value;
	(void)error;
	++*(unsigned *)target;
	return 0;
}

static const struct plugin_option common_options[] = {
	{ 't', "timeout", "SECONDS",
	  "end with UNKNOWN after this time (default: 10 for a check, none for a report)",
	  plugin_option_positive, offsetof(struct common, timeout_sec) },
	{ 'v', "verbose", NULL, "print more; repeatable", parse_verbose, offsetof(struct common, verbose) },
	{ 0, "extra-opts", "[SECTION][@FILE]",
	  "read options from an ini file (default: the section named after the program, in the file that "
	  "monitoring-plugins reads)",
	  NULL, 0 },
	{ 0, "rootfs", "DIR",
	  "read the system's files below DIR, such as the host's root mounted in a container",
	  plugin_option_string, offsetof(struct common, roots.rootfs) },
	{ 0, "procfs", "DIR", "read DIR instead of /proc", plugin_option_string,
	  offsetof(struct common, roots.procfs) },
	{ 0, "sysfs", "DIR", "read DIR instead of /sys", plugin_option_string,
	  offsetof(struct common, roots.sysfs) },
	{ 'h', "help", NULL, "print this help", plugin_option_flag, offsetof(struct common, help) },
	{ 'V', "version", NULL, "print the version", plugin_option_flag, offsetof(struct common, version) },
};

#define COMMON_COUNT ARRAY_SIZE(common_options)
#define BOUND_MAX    (PLUGIN_OPTIONS_MAX + COMMON_COUNT)

/* getopt_long() returns this plus the option's index for a long option. */
#define LONG_OPTION 256
#define OPERAND     1

struct getopt_tables {
	char letters[3 + 2 * BOUND_MAX];
	struct option names[BOUND_MAX + 1];
};

static size_t bind_options(struct plugin_bound_option *bound, const struct plugin_usage *usage, void *config,
			   struct common *common)
{
	size_t count = 0;

	assert(usage->option_count <= PLUGIN_OPTIONS_MAX);
	for (size_t i = 0; i < usage->option_count; i++)
		bound[count++] = (struct plugin_bound_option){ &usage->options[i], config };
	for (size_t i = 0; i < COMMON_COUNT; i++)
		bound[count++] = (struct plugin_bound_option){ &common_options[i], (char *)common };
	return count;
}

/* For struct option's has_arg.  An argument "[SIZE]" is optional. */
static int takes_argument(const struct plugin_option *option)
{
	if (!option->argument)
		return no_argument;
	return option->argument[0] == '[' ? optional_argument : required_argument;
}

static void fill_getopt_tables(struct getopt_tables *tables, const struct plugin_bound_option *bound,
			       size_t count)
{
	struct option *name = tables->names;
	char *letter = tables->letters;

	/* '-': do not permute; a word that is not an option is returned in its place as OPERAND.
	 * ':': return ':' for a missing argument instead of '?', and print no messages. */
	*letter++ = '-';
	*letter++ = ':';
	for (size_t i = 0; i < count; i++) {
		const struct plugin_option *option = bound[i].option;

		if (strcmp(option->name, "extra-opts") == 0) /* getopt does not parse it */
			continue;
		*name++ = (struct option){ option->name, takes_argument(option), NULL, LONG_OPTION + (int)i };
		if (option->letter) {
			*letter++ = option->letter;
			if (option->argument)
				*letter++ = ':';
		}
	}
	*letter = '\0';
	*name = (struct option){ 0 };
}

/* The option for getopt_long()'s result or optopt. */
static const struct plugin_bound_option *find_option(const struct plugin_bound_option *bound, size_t count,
						     int key)
{
	if (key >= LONG_OPTION)
		return &bound[key - LONG_OPTION];
	for (size_t i = 0; i < count; i++) {
		if (key != 0 && bound[i].option->letter == key)
			return &bound[i];
	}
	return NULL;
}

/* Everything needed to read one argv. */
struct reading {
	struct plugin *plugin;
	const struct plugin_usage *usage;
	const struct plugin_bound_option *bound;
	size_t count;
	const struct getopt_tables *tables;
	const struct common *common;
	bool from_file; /* read by --extra-opts */
};

static _Noreturn void refuse(const struct reading *reading, const struct text *message)
{
	plugin_unknown(reading->plugin, "%s%s (see --help)", reading->from_file ? "--extra-opts: " : "",
		       message->data);
}

static _Noreturn void refuse_word(const struct reading *reading, const char *what, const char *word)
{
	TEXT_ON_STACK(message, 512);

	text_printf(&message, "%s ", what);
	plugin_quote_append(&message, word);
	refuse(reading, &message);
}

static _Noreturn void refuse_option(const struct reading *reading, const struct plugin_option *option,
				    const char *clause)
{
	TEXT_ON_STACK(message, 512);

	text_printf(&message, "--%s: %s", option->name, clause);
	refuse(reading, &message);
}

/* Reports why getopt_long() returned '?' or ':'. */
static _Noreturn void refuse_getopt(const struct reading *reading, int result, char **argv)
{
	const struct plugin_bound_option *known = find_option(reading->bound, reading->count, optopt);

	if (known)
		refuse_option(reading, known->option,
			      result == ':' ? "an argument is missing" : "takes no argument");
	if (optopt != 0) {
		const char letter[] = { '-', (char)optopt, '\0' };

		refuse_word(reading, "unknown option", letter);
	}
	refuse_word(reading, "unknown or ambiguous option", argv[optind - 1]);
}

static _Noreturn void inform(const struct text *text, const struct plugin *plugin)
{
	struct iovec whole = { .iov_base = text->data, .iov_len = text->length };
	bool written = plugin_write(STDOUT_FILENO, &whole, 1, PLUGIN_UNKNOWN) == 0;

	exit(written && !plugin->service ? EXIT_SUCCESS : PLUGIN_UNKNOWN);
}

static void append_version(struct text *text, const struct plugin *plugin)
{
	text_printf(text, "%s (%s) %s\n", plugin->program, PACKAGE_NAME, PACKAGE_VERSION);
}

static _Noreturn void print_version(const struct plugin *plugin)
{
	TEXT_ON_STACK(text, 256);

	append_version(&text, plugin);
	inform(&text, plugin);
}

static _Noreturn void print_help(const struct reading *reading)
{
	TEXT_ON_STACK(text, HELP_MAX);

	append_version(&text, reading->plugin);
	plugin_help_append(&text, reading->plugin, reading->usage, reading->bound, reading->count);
	inform(&text, reading->plugin);
}

static void parse_option(const struct reading *reading, const struct plugin_bound_option *bound,
			 const char *value)
{
	TEXT_ON_STACK(error, 512);

	const struct plugin_option *option = bound->option;
	void *target = bound->base + option->offset;
	const int r = option->parse ? option->parse(value, target, &error)
				    : plugin_option_word(value, option->argument, target, &error);
	if (r < 0)
		refuse_option(reading, option, error.data);
	if (reading->common->help)
		print_help(reading);
	if (reading->common->version)
		print_version(reading->plugin);
}

/*
 * Reading a file of --extra-opts may block (a FIFO, standard input), so the timeout must start
 * before.  -t counts wherever it is on the command line.  Errors found here are reported later, in
 * order.
 */
static void arm_early(const struct reading *reading, int argc, char **argv)
{
	const struct getopt_tables *tables = reading->tables;
	int result;

	optind = 0;
	while ((result = getopt_long(argc, argv, tables->letters, tables->names, NULL)) != -1) {
		const struct plugin_bound_option *bound = find_option(reading->bound, reading->count, result);
		TEXT_ON_STACK(ignored, 64);

		if (bound && bound->option->letter == 't')
			bound->option->parse(optarg, &reading->plugin->timeout_sec, &ignored);
	}
	plugin_arm(reading->plugin);
}

static void read_arguments(const struct reading *reading, int argc, char **argv)
{
	const struct getopt_tables *tables = reading->tables;
	int result;

	/* 0 instead of 1 because argv may differ from the last call (GNU extension). */
	optind = 0;
	while ((result = getopt_long(argc, argv, tables->letters, tables->names, NULL)) != -1) {
		if (result == '?' || result == ':')
			refuse_getopt(reading, result, argv);
		if (result == OPERAND)
			refuse_word(reading, "unexpected argument", optarg);
		const struct plugin_bound_option *bound = find_option(reading->bound, reading->count, result);

		/* In a file the value is on the line of its key.  Here getopt took the next line's
		 * key as the value. */
		if (reading->from_file && optarg && optarg == argv[optind - 1])
			refuse_option(reading, bound->option, "an argument is missing");
		parse_option(reading, bound, optarg);
	}
	if (optind < argc)
		refuse_word(reading, "unexpected argument", argv[optind]);
}

void plugin_options(struct plugin *plugin, const struct plugin_usage *usage, struct file_roots *roots,
		    void *config, int argc, char **argv)
{
	struct common common = { .timeout_sec = plugin->timeout_sec, .roots = *roots };
	struct plugin_bound_option bound[BOUND_MAX];
	struct getopt_tables tables;
	struct reading reading = {
		.plugin = plugin,
		.usage = usage,
		.bound = bound,
		.count = bind_options(bound, usage, config, &common),
		.tables = &tables,
		.common = &common,
	};
	char **extra_argv;

	fill_getopt_tables(&tables, bound, reading.count);
	arm_early(&reading, argc, argv);
	int extra_argc = plugin_extra_opts(plugin, &argc, argv, &extra_argv);
	/* Files first, so that the command line overrides them. */
	if (extra_argc > 0) {
		reading.from_file = true;
		read_arguments(&reading, extra_argc, extra_argv);
	}
	reading.from_file = false;
	read_arguments(&reading, argc, argv);
	plugin->verbose = common.verbose;
	*roots = common.roots;
	/* The timeout is restarted only if a file changed it. */
	if (common.timeout_sec != plugin->timeout_sec) {
		plugin->timeout_sec = common.timeout_sec;
		plugin_arm(plugin);
	}
}
