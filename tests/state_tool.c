/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Saves one string, to test what happens to the state if a program is killed, and where
 * the state is saved.
 *
 *     state_tool show           prints the string
 *     state_tool put STRING     replaces it
 *     state_tool put STRING PROGRAM NAME VERSION    replaces another program's
 *     state_tool name STEM ROOTFS    prints the name of the state for that host
 *     state_tool add N          adds one to the number in the string, N times
 *
 * Exit status 0: success, 1: not saved, 2: wrong usage. Failures of state/ are printed on
 * standard error.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/state.h"

static char buffer[STATE_BYTES_MAX + 1];

struct saved_kills {
	const char *program, *name;
	unsigned version;
};

/* Loads the string, replaces it by `string` (NULL: by its number plus one) and saves it. */
static int run(const struct saved_kills *memory, const char *string, bool save)
{
	char number[24];
	struct state state;
	int r = 0;

	state_open(&state, memory->program, memory->name, memory->version);
	ssize_t length = state_load(&state, buffer, sizeof(buffer));
	if (length < 0)
		buffer[0] = '\0';
	if (!save)
		printf("%s\n", length == -ENOENT ? "(nothing)" : length < 0 ? "(unreadable)" : buffer);
	if (save && !string) {
		snprintf(number, sizeof(number), "%ld", strtol(buffer, NULL, 10) + 1);
		string = number;
	}
	if (save)
		r = state_save(&state, string, strlen(string));
	state_close(&state);
	if (state.failure.error != 0)
		fprintf(stderr, "%s%s%s\n", state.failure.reason, state.failure.remedy[0] ? ": " : "",
			state.failure.remedy);
	return r;
}

static int print_name(const char *stem, const char *rootfs)
{
	const struct file_roots roots = { .rootfs = rootfs };
	TEXT_ON_STACK(name, STATE_NAME_MAX + 1);

	state_name(&name, stem, &roots);
	return puts(name.data) < 0;
}

int main(int argc, char **argv)
{
	struct saved_kills memory = { "state_tool", "memory", 1 };

	if (argc == 2 && strcmp(argv[1], "show") == 0)
		return run(&memory, NULL, false) < 0;
	if (argc == 6)
		memory = (struct saved_kills){ argv[3], argv[4], (unsigned)strtoul(argv[5], NULL, 10) };
	if ((argc == 3 || argc == 6) && strcmp(argv[1], "put") == 0)
		return run(&memory, argv[2], true) < 0;
	if (argc == 4 && strcmp(argv[1], "name") == 0)
		return print_name(argv[2], argv[3]);
	if (argc != 3 || strcmp(argv[1], "add") != 0)
		return 2;
	for (long left = strtol(argv[2], NULL, 10); left > 0; left--) {
		if (run(&memory, NULL, true) < 0)
			return 1;
	}
	return 0;
}
