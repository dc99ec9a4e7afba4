/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "plugin/options.h"
#include "plugin/pattern.h"

#include <errno.h>
#include <string.h>

#include "child.h"
#include "config.h"

#define WORDS_MAX 12

struct config {
	struct plugin_range warning, share;
	bool host_only;
	uint64_t size;
	int64_t window_usec;
	const char *name, *colour;
	unsigned jobs;
	enum { LIGHT, DARK, DARKER } shade;
	struct plugin_patterns ignored;
	const char *sources[4];
	size_t source_count;
};

/* An option that may be repeated. */
static int add_source(const char *value, void *target, struct text *error)
{
	struct config *config = target;

	if (config->source_count == ARRAY_SIZE(config->sources)) {
		text_append(error, "given too often");
		return -EINVAL;
	}
	config->sources[config->source_count++] = value;
	return 0;
}

/* An option with an optional argument. */
static int set_colour(const char *value, void *target, struct text *error)
{
	(void)error;
	*(const char **)target = value ? value : "auto";
	return 0;
}

static const struct plugin_option options[] = {
	{ 'w', "warning", "RANGE",
	  "Warn where the number of kills lies outside this range, which is a range as the guidelines have "
	  "it.",
	  plugin_option_range, offsetof(struct config, warning) },
	{ 0, "share", "RANGE", "A share.", plugin_option_percent_range, offsetof(struct config, share) },
	{ 'H', "host-only", NULL, "Leave out what a memory cgroup's own limit killed.", plugin_option_flag,
	  offsetof(struct config, host_only) },
	{ 0, "size", "SIZE", "A size.", plugin_option_bytes, offsetof(struct config, size) },
	{ 'l', "lookback", "DURATION", "How far to look back.\nKills before it do not count.",
	  plugin_option_duration, offsetof(struct config, window_usec) },
	{ 0, "window", "DURATION", NULL, plugin_option_duration, offsetof(struct config, window_usec) },
	{ 'n', "name", "NAME", "A name.", plugin_option_string, offsetof(struct config, name) },
	{ 0, "jobs", "NUMBER", "A number.", plugin_option_positive, offsetof(struct config, jobs) },
	{ 0, "ignore", "REGEX", "What is ignored.", plugin_option_pattern, offsetof(struct config, ignored) },
	{ 0, "colour", "[WHEN]", "Colours.", set_colour, offsetof(struct config, colour) },
	{ 0, "shade", "light|dark|darker", "Shades.", NULL, offsetof(struct config, shade) },
	{ 's', "source", "auto|kmsg|syslog|journal[:DIR]|file:PATH", "Where to read from.", add_source, 0 },
};

static const struct plugin_usage usage = {
	.summary = "Tells which virtual machine the kernel's OOM killer killed within a look-back window, "
		   "when and why.",
	.options = options,
	.option_count = ARRAY_SIZE(options),
	.examples = "check_test -w 0\ncheck_test --lookback=24h",
	.notes = "Exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.\n",
};

static int count_words(const char *const *words)
{
	int count = 0;

	while (count < WORDS_MAX && words[count])
		count++;
	return count;
}

struct result {
	struct plugin plugin;
	struct config config;
	struct file_roots roots;
};

static void parse(struct result *result, const char *service, const char *const *words)
{
	char program[] = "check_test", *argv[WORDS_MAX + 2] = { program };
	int count = count_words(words);

	for (int i = 0; i < count; i++)
		argv[i + 1] = (char *)words[i];
	result->config = (struct config){ 0 };
	result->roots = (struct file_roots){ .rootfs = "" };
	plugin_init(&result->plugin, "check_test", service);
	plugin_options(&result->plugin, &usage, &result->roots, &result->config, count + 1, argv);
	alarm(0); /* the next test must not be interrupted */
}

static void every_type_of_option_is_stored(void **state)
{
	static const char *const words[WORDS_MAX] = { "-w",   "@1:2",       "--host-only", "--size=4GiB",
						      "-l90", "--name",     "a b|",        "--jobs",
						      "8",    "--share=5%:" };
	struct result result;

	(void)state;
	parse(&result, "TEST", words);
	assert_true(result.config.warning.inside && result.config.warning.end == 2);
	assert_true(result.config.share.start == 5 && result.config.share.dimension == NUMBER_PERCENT);
	assert_true(result.config.host_only);
	assert_int_equal(result.config.size, 4ULL << 30);
	assert_int_equal(result.config.window_usec, 90000000);
	assert_string_equal(result.config.name, "a b|");
	assert_int_equal(result.config.jobs, 8);
}

static void all_forms_of_getopt_long_are_accepted(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
	} cases[] = {
		{ { "-w", "5", "-n", "x" } },
		{ { "-w5", "-nx" } },
		{ { "--warning=5", "--name=x" } },
		{ { "--warning", "5", "--name", "x" } },
		{ { "--warn", "5", "--nam=x" } },
		{ { "-w9", "-w5", "--name=y", "-n", "x" } },
		{ { "-vHw5", "-nx" } },
	};
	struct result result;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		parse(&result, "TEST", cases[i].words);
		assert_true(result.config.warning.set && result.config.warning.end == 5);
		assert_string_equal(result.config.name, "x");
	}
}

static void defaults_are_kept_without_options(void **state)
{
	static const char *const words[WORDS_MAX] = { NULL };
	struct result result;

	(void)state;
	parse(&result, "TEST", words);
	assert_false(result.config.warning.set);
	assert_false(result.config.host_only);
	assert_int_equal(result.plugin.verbose, 0);
	assert_int_equal(result.plugin.timeout_sec, 10);
	assert_string_equal(result.roots.rootfs, "");
	assert_null(result.roots.procfs);
	assert_null(result.roots.sysfs);
}

static void common_options_are_parsed(void **state)
{
	static const char *const words[WORDS_MAX] = { "-vv",         "--verbose",   "-t",        "30",
						      "--rootfs=/h", "--procfs=/p", "--sysfs=/s" };
	struct result result;

	(void)state;
	parse(&result, "TEST", words);
	assert_int_equal(result.plugin.verbose, 3);
	assert_int_equal(result.plugin.timeout_sec, 30);
	assert_string_equal(result.roots.rootfs, "/h");
	assert_string_equal(result.roots.procfs, "/p");
	assert_string_equal(result.roots.sysfs, "/s");
}

static void options_may_be_repeated_and_undocumented(void **state)
{
	static const char *const words[WORDS_MAX] = { "-skmsg", "--source=file:a", "-s", "journal",
						      "--window=2h" };
	struct result result;

	(void)state;
	parse(&result, "TEST", words);
	assert_int_equal(result.config.source_count, 3);
	assert_string_equal(result.config.sources[0], "kmsg");
	assert_string_equal(result.config.sources[1], "file:a");
	assert_string_equal(result.config.sources[2], "journal");
	assert_int_equal(result.config.window_usec, 7200000000);
}

static void argument_in_brackets_is_optional(void **state)
{
	static const char *const without[WORDS_MAX] = { "--colour", "-v" };
	static const char *const with[WORDS_MAX] = { "--colour=never" };
	struct result result;

	(void)state;
	parse(&result, "TEST", without);
	assert_string_equal(result.config.colour, "auto");
	assert_int_equal(result.plugin.verbose, 1);
	parse(&result, "TEST", with);
	assert_string_equal(result.config.colour, "never");
}

static void word_of_the_argument_is_stored_as_its_index(void **state)
{
	static const char *const words[WORDS_MAX] = { "--shade=light", "--shade=dark" };
	static const char *const last[WORDS_MAX] = { "--shade", "darker" };
	struct result result;

	(void)state;
	parse(&result, "TEST", words);
	assert_int_equal(result.config.shade, DARK);
	parse(&result, "TEST", last);
	assert_int_equal(result.config.shade, DARKER);
}

static void any_pattern_matches_anywhere(void **state)
{
	static const struct {
		const char *subject;
		bool matches;
	} cases[] = {
		{ "stress", true },
		{ "stress-ng", true },
		{ "qemu-kvm", false },
		{ "/kubepods/pod1", true },
		{ "/a/kubepods", false },
		{ "memtest", true },
		{ "", false },
		{ NULL, false },
	};
	static const char *const words[WORDS_MAX] = { "--ignore=stress|mem", "--ignore", "^/kubepods(/|$)" };
	struct result result;

	(void)state;
	parse(&result, "TEST", words);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(plugin_patterns_match(&result.config.ignored, cases[i].subject),
				 cases[i].matches);
	for (size_t i = 0; i < result.config.ignored.count; i++)
		regfree(&result.config.ignored.compiled[i]);
}

struct command {
	const char *service;
	const char *const *words;
};

static void run_command(const void *data)
{
	const struct command *command = data;
	struct result result;

	parse(&result, command->service, command->words);
}

static void wrong_option_prints_one_line_and_is_unknown(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *message;
	} cases[] = {
		{ { "-w", "20:10" }, "--warning: start 20 is above end 10" },
		{ { "--warning", "x" }, "--warning: 'x' is not a number" },
		{ { "--warning=" }, "--warning: the range is empty" },
		/* These limits would never alert. */
		{ { "--warning=4GiB:" }, "--warning: expected a number without a unit" },
		{ { "--warning=150%" }, "--warning: expected a number without a unit" },
		{ { "--share=4GiB" }, "--share: expected a percentage" },
		{ { "--share=90s:" }, "--share: expected a percentage" },
		{ { "-w" }, "--warning: an argument is missing" },
		{ { "--name" }, "--name: an argument is missing" },
		{ { "--host-only=1" }, "--host-only: takes no argument" },
		{ { "--size", "4gib" }, "--size: '4gib' is not a size such as 512MiB" },
		{ { "--size", "99999999PiB" }, "--size: '99999999PiB' is too large" },
		{ { "--size", "4096" }, "--size: '4096': a size needs a unit: 4096MiB or 4096KiB?" },
		{ { "--size=1.5" }, "--size: '1.5': a size needs a unit: 1.5MiB or 1.5KiB?" },
		{ { "-l", "soon" }, "--lookback: 'soon' is not a duration such as 90s, 15min or 24h" },
		{ { "--jobs", "0" }, "--jobs: '0' is not a whole number above 0" },
		{ { "--jobs", "1.5" }, "--jobs: '1.5' is not a whole number above 0" },
		{ { "-t", "0" }, "--timeout: '0' is not a whole number above 0" },
		{ { "-t", "-1" }, "--timeout: '-1' is not a whole number above 0" },
		{ { "-t", "10s" }, "--timeout: '10s' is not a whole number above 0" },
		{ { "-t", "4294967296" }, "--timeout: '4294967296' is too large" },
		{ { "-s1", "-s2", "-s3", "-s4", "-s5" }, "--source: given too often" },
		{ { "--shade=" }, "--shade: must be light, dark or darker" },
		{ { "--shade=dar" }, "--shade: must be light, dark or darker" },
		{ { "--shade=light|dark" }, "--shade: must be light, dark or darker" },
		{ { "--ignore=(" }, "--ignore: Unmatched ( or \\(" },
		{ { "-x" }, "unknown option '-x'" },
		{ { "-vx" }, "unknown option '-x'" },
		{ { "-\n" }, "unknown option '-\\x0a'" },
		{ { "--nope=1" }, "unknown or ambiguous option '--nope=1'" },
		{ { "--s" }, "unknown or ambiguous option '--s'" },
		{ { "--no|\npe" }, "unknown or ambiguous option '--no\\x7c\\x0ape'" },
		{ { "-v", "10" }, "unexpected argument '10'" },
		{ { "10", "-w", "x" }, "unexpected argument '10'" },
		{ { "--", "-w" }, "unexpected argument '-w'" },
	};
	struct child child;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct command command = { "TEST", cases[i].words };

		TEXT_ON_STACK(expected, 256);
		text_printf(&expected, "TEST UNKNOWN - %s (see --help)\n", cases[i].message);
		child_run(&child, run_command, &command);
		assert_string_equal(child.out, expected.data);
		assert_string_equal(child.err, "");
		assert_int_equal(child.status, PLUGIN_UNKNOWN);
	}
}

static void help_lists_the_options_within_80_columns(void **state)
{
	static const char *const words[WORDS_MAX] = { "--help", "--nope" };
	static const char *const expected[] = {
		"check_test (" PACKAGE_NAME ") " PACKAGE_VERSION "\nTells which virtual machine ",
		"\nUsage: check_test [OPTION]...\n",
		"\n  -w, --warning=RANGE       Warn where the number of kills lies outside this\n"
		"                            range, which is a range as the guidelines have it.\n",
		"\n      --size=SIZE           A size.\n",
		"\n  -l, --lookback=DURATION   How far to look back.\n"
		"                            Kills before it do not count.\n",
		"\n  -s, --source=auto|kmsg|syslog|journal[:DIR]|file:PATH\n"
		"                            Where to read from.\n",
		"\n  -t, --timeout=SECONDS     ",
		"\n      --extra-opts[=SECTION][@FILE]\n",
		"\n  -h, --help                print this help\n",
		"\n      --colour[=WHEN]       Colours.\n",
		"\nExamples:\n  check_test -w 0\n  check_test --lookback=24h\n\nExit status: 0 OK, ",
	};
	struct command command = { "TEST", words };
	struct child child;

	(void)state;
	child_run(&child, run_command, &command);
	assert_int_equal(child.status, PLUGIN_UNKNOWN);
	assert_string_equal(child.err, "");
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		if (!strstr(child.out, expected[i]))
			fail_msg("missing: %s", expected[i]);
	}
	assert_null(strstr(child.out, "--window"));
	assert_string_equal(strrchr(child.out, '.'), ".\n");
	for (char *line = strtok(child.out, "\n"); line; line = strtok(NULL, "\n")) {
		assert_in_range(strlen(line), 1, 79);
		assert_int_not_equal(line[strlen(line) - 1], ' ');
	}
}

static void help_and_version_exit_3_for_a_check_and_0_for_a_tool(void **state)
{
	static const struct {
		const char *word, *service;
		int status;
	} cases[] = {
		{ "-h", "TEST", PLUGIN_UNKNOWN },        { "-h", NULL, 0 },
		{ "-V", "TEST", PLUGIN_UNKNOWN },        { "-V", NULL, 0 },
		{ "--version", "TEST", PLUGIN_UNKNOWN },
	};
	static const char version[] = "check_test (" PACKAGE_NAME ") " PACKAGE_VERSION "\n";
	struct child child;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *const words[WORDS_MAX] = { cases[i].word };
		struct command command = { cases[i].service, words };

		child_run(&child, run_command, &command);
		assert_int_equal(child.status, cases[i].status);
		assert_int_equal(strncmp(child.out, version, strlen(version)), 0);
		assert_string_equal(child.err, "");
	}
}

static void tool_prints_option_errors_to_standard_error(void **state)
{
	static const char *const words[WORDS_MAX] = { "--nope" };
	struct command command = { NULL, words };
	struct child child;

	(void)state;
	child_run(&child, run_command, &command);
	assert_string_equal(child.out, "");
	assert_string_equal(child.err, "check_test: unknown or ambiguous option '--nope' (see --help)\n");
	assert_int_equal(child.status, PLUGIN_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_of_option_is_stored),
		cmocka_unit_test(all_forms_of_getopt_long_are_accepted),
		cmocka_unit_test(defaults_are_kept_without_options),
		cmocka_unit_test(common_options_are_parsed),
		cmocka_unit_test(options_may_be_repeated_and_undocumented),
		cmocka_unit_test(argument_in_brackets_is_optional),
		cmocka_unit_test(word_of_the_argument_is_stored_as_its_index),
		cmocka_unit_test(any_pattern_matches_anywhere),
		cmocka_unit_test(wrong_option_prints_one_line_and_is_unknown),
		cmocka_unit_test(help_lists_the_options_within_80_columns),
		cmocka_unit_test(help_and_version_exit_3_for_a_check_and_0_for_a_tool),
		cmocka_unit_test(tool_prints_option_errors_to_standard_error),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
