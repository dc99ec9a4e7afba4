/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libFuzzer target: the saved kills and notes of VMs. Parsing and printing what was printed
 * gives the same text. */
#include <stdlib.h>
#include <string.h>

#include "gather/saved.h"
#include "running/notes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct file_roots nowhere = { .procfs = "/nonexistent",
					   .sysfs = "/nonexistent",
					   .rootfs = "/nonexistent" };

static char *copy_of(const char *data, size_t size)
{
	char *copy = malloc(size + 1);

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

static void parse_kills(const char *data, size_t size, struct text *printed)
{
	struct saved_kills *saved = calloc(1, sizeof(*saved));
	char *content = copy_of(data, size);

	if (saved == NULL)
		abort();
	if (saved_parse(saved, content) == 0)
		saved_print(saved, printed);
	saved_destroy(saved);
	free(saved);
	free(content);
}

static void parse_notes(const char *data, size_t size, struct text *printed)
{
	struct notes notes;
	char *content = copy_of(data, size);

	if (notes_init(&notes, &nowhere) == 0) {
		notes_parse(&notes, content);
		notes_print(&notes, printed);
		notes_free(&notes);
	}
	free(content);
}

static void twice(void (*parse)(const char *, size_t, struct text *), const uint8_t *data, size_t size)
{
	static char first_buffer[SAVED_TEXT_MAX], second_buffer[SAVED_TEXT_MAX];
	struct text first, second;

	text_init(&first, first_buffer, sizeof(first_buffer));
	text_init(&second, second_buffer, sizeof(second_buffer));
	parse((const char *)data, size, &first);
	parse(first.data, first.length, &second);
	if (first.length != second.length || memcmp(first.data, second.data, first.length) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	twice(parse_kills, data, size);
	twice(parse_notes, data, size);
	return 0;
}
