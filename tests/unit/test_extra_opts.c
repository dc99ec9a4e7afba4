/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "plugin/options.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "child.h"
#include "plugin/ini.h"
#include "plugin/inside.h"

#define WORDS_MAX 8

/* Tests run in their own directory. */
static char directory[] = "/tmp/extra-opts-XXXXXX";

static void write_file(const char *path, const char *content)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void ini_syntax_is_that_of_monitoring_plugins(void **state)
{
	static const char content[] = "# comment\n"
				      "  ; comment\n"
				      "[ check_a ] ; comment\n"
				      "warning = ~:3  # not a comment\n"
				      "\t w=\"5\"\t\r\n"
				      "\n"
				      "verbose=\n"
				      "bare\n"
				      "a=b=c\n"
				      "=5\n"
				      "[check_b]\n"
				      "x=1";
	static const struct {
		int kind;
		const char *name, *value;
		unsigned line;
	} expected[] = {
		{ PLUGIN_INI_SECTION, "check_a", "", 3 },
		{ PLUGIN_INI_KEY, "warning", "~:3  # not a comment", 4 },
		{ PLUGIN_INI_KEY, "w", "\"5\"", 5 },
		{ PLUGIN_INI_KEY, "verbose", "", 7 },
		{ PLUGIN_INI_KEY, "bare", "", 8 },
		{ PLUGIN_INI_KEY, "a", "b=c", 9 },
		{ PLUGIN_INI_KEY, "", "5", 10 },
		{ PLUGIN_INI_SECTION, "check_b", "", 11 },
		{ PLUGIN_INI_KEY, "x", "1", 12 },
	};
	struct plugin_ini ini = { .rest = cursor_of(content) };
	struct plugin_ini_entry entry;
	const char *error;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_int_equal(plugin_ini_next(&ini, &entry, &error), 1);
		assert_int_equal(ini.line, expected[i].line);
		assert_int_equal(entry.kind, expected[i].kind);
		assert_true(cursor_equals(&entry.name, expected[i].name));
		assert_true(cursor_equals(&entry.value, expected[i].value));
	}
	assert_int_equal(plugin_ini_next(&ini, &entry, &error), 0);
}

static const char site_ini[] = "[check]\n"
			       "name=too short\n"
			       "[check_test]\n"
			       "name=default\n"
			       "warning = 1:2\n"
			       "v=\n"
			       "[other]\n"
			       "= broken, but nobody's business here\n"
			       "[web]\n"
			       "n = web\n"
			       "[repeated]\n"
			       "add=a\n"
			       "[web]\n"
			       "add=more web\n"
			       "[repeated]\n"
			       "add=b\n"
			       "[empty]\n"
			       "[wrong]\n"
			       "warning=2:1\n"
			       "[unknown]\n"
			       "nope=1\n"
			       "[valueless]\n"
			       "name=\n"
			       "add=x\n"
			       "[keyless]\n"
			       "name=x\n"
			       "=5\n"
			       "[patient]\n"
			       "timeout=3600\n"
			       "[hasty]\n"
			       "t=1\n";

struct config {
	struct plugin_range warning;
	const char *name;
	char added[256];
};

static int add(const char *value, void *target, struct text *error)
{
	(void)error;
	strcat(strcat(target, value), ";");
	return 0;
}

static const struct plugin_option options[] = {
	{ 'w', "warning", "RANGE", "", plugin_option_range, offsetof(struct config, warning) },
	{ 'n', "name", "NAME", "", plugin_option_string, offsetof(struct config, name) },
	{ 'a', "add", "WORD", "", add, offsetof(struct config, added) },
};
static const struct plugin_usage usage = { .summary = "",
					   .options = options,
					   .option_count = ARRAY_SIZE(options) };

static void parse_armed(struct plugin *plugin, struct config *config, const char *const *words)
{
	char program[] = "check_test", *argv[WORDS_MAX + 2] = { program };
	struct file_roots roots = { 0 };
	int argc = 1;

	for (; argc <= WORDS_MAX && words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	*config = (struct config){ .name = "none" };
	plugin_init(plugin, "check_test", "TEST");
	plugin_options(plugin, &usage, &roots, config, argc, argv);
}

static void parse(struct plugin *plugin, struct config *config, const char *const *words)
{
	parse_armed(plugin, config, words);
	alarm(0); /* the next test must not be interrupted */
}

static void command_line_overrides_the_ini_section(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *name, *added, *warning;
		unsigned verbose;
	} cases[] = {
		{ { "--extra-opts=@site.ini" }, "default", "", "1:2", 1 },
		{ { "--extra-opts", "@site.ini" }, "default", "", "1:2", 1 },
		{ { "--extra-opts=web@site.ini" }, "web", "more web;", "", 0 },
		{ { "--extra-opts", "web@site.ini", "-v" }, "web", "more web;", "", 1 },
		{ { "--extra-opts=repeated@site.ini" }, "none", "a;b;", "", 0 },
		{ { "--extra-opts=empty@site.ini" }, "none", "", "", 0 },
		{ { "-nx", "-w3", "--extra-opts=@site.ini", "-v" }, "x", "", "3", 2 },
		{ { "-ac", "--extra-opts=repeated@site.ini", "-ad" }, "none", "a;b;c;d;", "", 0 },
		{ { "--extra-opts=@site.ini", "--extra-opts=web@site.ini" }, "web", "more web;", "1:2", 1 },
		{ { "--extra-opts=web@site.ini", "--extra-opts=@site.ini" },
		  "default",
		  "more web;",
		  "1:2",
		  1 },
	};
	struct plugin plugin;
	struct config config;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		parse(&plugin, &config, cases[i].words);
		TEXT_ON_STACK(warning, 64);
		plugin_range_append(&warning, &config.warning);
		assert_string_equal(config.name, cases[i].name);
		assert_string_equal(config.added, cases[i].added);
		assert_string_equal(warning.data, cases[i].warning);
		assert_int_equal(plugin.verbose, cases[i].verbose);
		free(plugin.extra_options);
	}
}

static void environment_sets_the_default_file(void **state)
{
	static const struct {
		const char *config_file, *config_path, *name;
	} cases[] = {
		{ "site.ini", NULL, "default" },
		{ "site.ini", "d1", "default" },
		{ NULL, "d1", "d1/nagios-plugins" },
		{ NULL, "d2", "d2/monitoring-plugins" },
		{ NULL, "::nowhere:d2:d1:", "d2/monitoring-plugins" },
	};
	static const char *const words[WORDS_MAX] = { "--extra-opts", "-v" };
	struct plugin plugin;
	struct config config;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsetenv("MP_CONFIG_FILE");
		unsetenv("NAGIOS_CONFIG_PATH");
		if (cases[i].config_file)
			setenv("MP_CONFIG_FILE", cases[i].config_file, 1);
		if (cases[i].config_path)
			setenv("NAGIOS_CONFIG_PATH", cases[i].config_path, 1);
		parse(&plugin, &config, words);
		assert_string_equal(config.name, cases[i].name);
		free(plugin.extra_options);
	}
	unsetenv("MP_CONFIG_FILE");
	unsetenv("NAGIOS_CONFIG_PATH");
}

static void run_command(const void *words)
{
	struct plugin plugin;
	struct config config;

	parse(&plugin, &config, words);
}

static void error_names_the_unusable_file_and_line(void **state)
{
	static const struct {
		const char *value, *message;
	} cases[] = {
		{ "@nowhere.ini", "nowhere.ini: No such file or directory" },
		{ "@d1", "d1: Is a directory" },
		{ "nosuch@site.ini", "site.ini: no section [nosuch]" },
		{ "no\n|such@site.ini", "site.ini: no section [no\\x0a\\x7csuch]" },
		{ "check_tes@site.ini", "site.ini: no section [check_tes]" },
		{ "wrong@site.ini", "--warning: start 2 is above end 1 (see --help)" },
		{ "unknown@site.ini", "unknown or ambiguous option '--nope=1' (see --help)" },
		{ "valueless@site.ini", "--name: an argument is missing (see --help)" },
		{ "keyless@site.ini", "site.ini: line 27: no option before '='" },
		{ "@early.ini", "early.ini: line 2: an option before the first [section]" },
		{ "@bracket.ini", "bracket.ini: line 1: ']' is missing" },
		{ "@junk.ini", "junk.ini: line 3: unexpected text after the section's name" },
		{ "@binary.ini", "binary.ini: not a text file" },
		{ "@many.ini", "many.ini: line 258: too many options" },
		{ "@large.ini", "large.ini: File too large" },
		{ "@", "no configuration file in the standard places "
		       "(/etc/monitoring-plugins/monitoring-plugins.ini and others)" },
	};
	struct child child;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *words[WORDS_MAX] = { "--extra-opts", cases[i].value };

		TEXT_ON_STACK(expected, 512);
		text_printf(&expected, "TEST UNKNOWN - --extra-opts: %s\n", cases[i].message);
		child_run(&child, run_command, words);
		assert_string_equal(child.out, expected.data);
		assert_string_equal(child.err, "");
		assert_int_equal(child.status, PLUGIN_UNKNOWN);
	}
}

static void timeout_message_names_the_file_that_hangs(void **state)
{
	static const char *const cases[][WORDS_MAX] = {
		{ "-t1", "--extra-opts=@hangs.ini" },
		{ "--extra-opts", "@site.ini", "--extra-opts", "@hangs.ini", "--timeout=1" },
	};
	struct child child;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		child_run(&child, run_command, cases[i]);
		assert_string_equal(child.out,
				    "TEST UNKNOWN - timed out after 1 s: --extra-opts: reading hangs.ini\n");
		assert_int_equal(child.status, PLUGIN_UNKNOWN);
	}
}

struct timeout_case {
	const char *words[WORDS_MAX];
	const char *out;
};

static void wait_for_timeout(const void *data)
{
	const struct timeout_case *test = data;
	struct plugin plugin;
	struct config config;

	parse_armed(&plugin, &config, test->words);
	for (;;)
		pause();
}

static void command_line_overrides_the_timeout_of_the_file(void **state)
{
	static const struct timeout_case cases[] = {
		{ { "--extra-opts=patient@site.ini", "-t1" }, "TEST UNKNOWN - timed out after 1 s\n" },
		{ { "--extra-opts=hasty@site.ini" }, "TEST UNKNOWN - timed out after 1 s\n" },
	};
	struct child child;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		child_run(&child, wait_for_timeout, &cases[i]);
		assert_string_equal(child.out, cases[i].out);
		assert_int_equal(child.status, PLUGIN_UNKNOWN);
	}
}

static void error_on_the_command_line_does_not_name_the_file(void **state)
{
	static const char *const words[WORDS_MAX] = { "--extra-opts=@site.ini", "-w", "x" };
	struct child child;

	(void)state;
	child_run(&child, run_command, words);
	assert_string_equal(child.out, "TEST UNKNOWN - --warning: 'x' is not a number (see --help)\n");
}

static void write_repeated(const char *path, const char *first, const char *line, int count)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(first, file);
	for (int i = 0; i < count; i++)
		fputs(line, file);
	assert_int_equal(fclose(file), 0);
}

static int make_files(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	assert_int_equal(mkdir("d1", 0700), 0);
	assert_int_equal(mkdir("d2", 0700), 0);
	assert_int_equal(mkfifo("hangs.ini", 0600), 0); /* nobody writes to it */
	write_file("site.ini", site_ini);
	write_file("d1/nagios-plugins.ini", "[check_test]\nname=d1/nagios-plugins\n");
	write_file("d2/plugins.ini", "[check_test]\nname=d2/plugins\n");
	write_file("d2/monitoring-plugins.ini", "[check_test]\nname=d2/monitoring-plugins\n");
	write_file("early.ini", "\nname=x\n[check_test]\n");
	write_file("bracket.ini", "[check_test\nname=x\n");
	write_file("junk.ini", "# c\n\n[check_test] name=x\n");
	write_repeated("many.ini", "[check_test]\n", "v=\n", PLUGIN_EXTRA_MAX + 10);
	write_repeated("large.ini", "[check_test]\n", "# some comment\n", 5000);
	FILE *binary = fopen("binary.ini", "w");

	assert_non_null(binary);
	fwrite("[check_test]\nname=\0x\n", 1, 21, binary);
	return fclose(binary);
}

static int remove_files(void **state)
{
	static const char *const files[] = { "site.ini",       "d1/nagios-plugins.ini",
					     "d2/plugins.ini", "d2/monitoring-plugins.ini",
					     "early.ini",      "bracket.ini",
					     "junk.ini",       "many.ini",
					     "large.ini",      "binary.ini",
					     "hangs.ini" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlink(files[i]);
	rmdir("d1");
	rmdir("d2");
	return chdir("/") || rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ini_syntax_is_that_of_monitoring_plugins),
		cmocka_unit_test(command_line_overrides_the_ini_section),
		cmocka_unit_test(environment_sets_the_default_file),
		cmocka_unit_test(error_names_the_unusable_file_and_line),
		cmocka_unit_test(timeout_message_names_the_file_that_hangs),
		cmocka_unit_test(command_line_overrides_the_timeout_of_the_file),
		cmocka_unit_test(error_on_the_command_line_does_not_name_the_file),
	};

	return cmocka_run_group_tests_name("extra_opts", tests, make_files, remove_files);
}
