/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/swaps.h"

#include <errno.h>

#include "base/cursor.h"
#include "host/fields.h"

/* MAX_SWAPFILES is 32; a file's path may be long. */
#define SWAPS_FILE_MAX 16384

/* mm_stat: orig_data_size compr_data_size mem_used_total ..., in bytes
 * (Documentation/admin-guide/blockdev/zram.rst). */
static int read_zram_memory(struct cursor device, const struct file_roots *roots, uint64_t *ret_kb,
			    struct text *error)
{
	char path[HOST_PATH_MAX], buffer[256];
	uint64_t bytes = 0;
	TEXT_ON_STACK(name, 128);

	text_append(&name, "/block/");
	text_append_bytes(&name, device.at, cursor_left(&device));
	text_append(&name, "/mm_stat");
	int r = file_sysfs_path(roots, name.data, path, sizeof(path));
	if (r < 0)
		return host_complain(error, name.data, r, NULL);
	ssize_t length = host_read(path, buffer, sizeof(buffer), NULL);
	/* Absent before 4.1 and in a container's /sys. The other numbers are still useful. */
	if (length == -ENOENT) {
		*ret_kb = HOST_ABSENT;
		return 0;
	}
	if (length < 0)
		return host_complain(error, path, (int)length, length == -ENODATA ? "empty file" : NULL);
	struct cursor numbers = { buffer, buffer + length };
	for (int i = 0; i < 3; i++) {
		cursor_take_blanks(&numbers);
		if (!cursor_take_u64(&numbers, HOST_VALUE_MAX * 1024, &bytes))
			return host_complain(error, path, -EBADMSG, "expected three numbers");
	}
	*ret_kb = bytes / 1024;
	return 0;
}

static bool take_number(struct cursor *line, uint64_t *ret)
{
	cursor_take_blanks(line);
	return cursor_take_u64(line, HOST_VALUE_MAX, ret);
}

/* "/dev/zram0   partition   8388604   1234   100": name (blanks as \040),
 * type, size and use in kB, priority. */
static int parse_line(struct host_swaps *swaps, struct cursor line, const struct file_roots *roots,
		      struct text *error)
{
	struct cursor name = { line.at, line.at + cursor_word(&line) };
	uint64_t total_kb, used_kb, memory_kb = 0;

	line.at = name.end;
	cursor_take_blanks(&line);
	line.at += cursor_word(&line);
	if (!take_number(&line, &total_kb) || !take_number(&line, &used_kb))
		return host_complain(error, "/proc/swaps", -EBADMSG, "line without size and usage");
	if (!cursor_take(&name, "/dev/") || !cursor_starts(&name, "zram")) {
		swaps->disk_total_kb += total_kb;
		swaps->disk_used_kb += used_kb;
		return 0;
	}
	int r = read_zram_memory(name, roots, &memory_kb, error);
	if (r < 0)
		return r;
	swaps->zram_total_kb += total_kb;
	swaps->zram_used_kb += used_kb;
	/* If the memory of one device is unknown, so is the sum. */
	if (host_known(memory_kb) && host_known(swaps->zram_memory_kb))
		swaps->zram_memory_kb += memory_kb;
	else
		swaps->zram_memory_kb = HOST_ABSENT;
	return 0;
}

int host_swaps_read(struct host_swaps *ret, const struct file_roots *roots, struct text *error)
{
	char path[HOST_PATH_MAX], buffer[SWAPS_FILE_MAX];
	struct host_swaps swaps = { 0 };
	int r = file_procfs_path(roots, "/swaps", path, sizeof(path));

	if (r < 0)
		return host_complain(error, "/swaps", r, NULL);
	ssize_t length = host_read(path, buffer, sizeof(buffer), error);
	if (length < 0)
		return (int)length;
	struct cursor rest = { buffer, buffer + length }, line;
	if (!cursor_starts(&rest, "Filename") || !cursor_ends(&rest, "\n"))
		return host_complain(error, path, -EBADMSG, "truncated or in an unknown format");
	cursor_take_until(&rest, '\n', &line);
	while (r == 0 && cursor_take_until(&rest, '\n', &line))
		r = parse_line(&swaps, line, roots, error);
	if (r == 0)
		*ret = swaps;
	return r;
}
