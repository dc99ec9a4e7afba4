/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer target: the options of a program (OOM_FUZZ_PROGRAM, its source file). The lines of
 * the input are the arguments; the lines after "---" are an ini file for --extra-opts. The
 * arguments are accepted, or refused with one line and exit status 3. */
#include <setjmp.h>
#include <sys/mman.h>

#include "fuzz/check.h"

static jmp_buf ended;
static int exit_status;

_Noreturn void fuzz_exit(int status);
_Noreturn void fuzz_exit(int status)
{
	exit_status = status;
	longjmp(ended, 1);
}

/* libFuzzer needs the timer and the signals for itself. */
unsigned fuzz_alarm(unsigned seconds);
unsigned fuzz_alarm(unsigned seconds)
{
	(void)seconds;
	return 0;
}

int fuzz_setitimer(int which, const void *value, void *old);
int fuzz_setitimer(int which, const void *value, void *old)
{
	(void)which, (void)value, (void)old;
	return 0;
}

int fuzz_sigaction(int number, const void *action, void *old);
int fuzz_sigaction(int number, const void *action, void *old)
{
	(void)number, (void)action, (void)old;
	return 0;
}

int fuzz_sigprocmask(int how, const void *set, void *old);
int fuzz_sigprocmask(int how, const void *set, void *old)
{
	(void)how, (void)set, (void)old;
	return 0;
}

#define main           program_main
#define plugin_options fuzz_plugin_options
#include OOM_FUZZ_PROGRAM
#undef main
#undef plugin_options

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void plugin_options(struct plugin *plugin, const struct plugin_usage *program_usage, struct file_roots *roots,
		    void *config, int argc, char **argv);

static struct plugin *used;

/* Stops after the options; other targets cover the rest. */
_Noreturn void fuzz_plugin_options(struct plugin *plugin, const struct plugin_usage *program_usage,
				   struct file_roots *roots, void *config, int argc, char **argv)
{
	used = plugin;
	plugin_options(plugin, program_usage, roots, config, argc, argv);
	exit_status = -1;
	longjmp(ended, 1);
}

#define WORDS_MAX 64

/* Splits the command line in place; the rest is the ini file. */
static int split(char *text, char **words, const char **ret_ini)
{
	int count = 0;

	*ret_ini = "";
	for (char *line = text, *next; line && count < WORDS_MAX; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (strcmp(line, "---") == 0) {
			*ret_ini = next ? next : "";
			break;
		}
		words[count++] = line;
	}
	return count;
}

static bool asks_for_help(int count, char **words)
{
	for (int i = 0; i < count; i++) {
		if (words[i][0] == '-' &&
		    (strchr(words[i], 'h') || strchr(words[i], 'V') || strncmp(words[i], "--v", 3) == 0))
			return true;
	}
	return false;
}

static void check(int fd, bool is_help)
{
	static char output[1 << 20];
	const ssize_t length = pread(fd, output, sizeof(output), 0);

	if (exit_status == -1 || is_help)
		return;
	fuzz_require(exit_status == 3, "a wrong option is not UNKNOWN");
	if (!used->service) /* a tool reports errors on standard error */
		return;
	fuzz_require(length > 0, "a wrong option without a word");
	fuzz_check_output(output, (size_t)length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *words[WORDS_MAX + 3];
	static int output_fd = -1;
	static char extra[128];
	const char *ini;
	char path[100], *text = malloc(size + 1);

	if (output_fd < 0) {
		output_fd = memfd_create("output", 0);
		dup2(output_fd, STDOUT_FILENO);
	}
	if (ftruncate(output_fd, 0) < 0 || lseek(output_fd, 0, SEEK_SET) < 0)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	snprintf(path, sizeof(path), "%s/ini", fuzz_folder());
	snprintf(extra, sizeof(extra), "--extra-opts=fuzz@%s", path);
	words[0] = (char *)"program";
	int count = 1 + split(text, words + 1, &ini);
	if (ini[0]) {
		fuzz_write(path, ini, strlen(ini));
		words[count++] = extra;
	}
	words[count] = NULL;
	const bool is_help = asks_for_help(count, words) || strstr(ini, "h") || strstr(ini, "V");
	if (setjmp(ended) == 0)
		program_main(count, words);
	check(output_fd, is_help);
	free(used->extra_options);
	free(text);
	return 0;
}
