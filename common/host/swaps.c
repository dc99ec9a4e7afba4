/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host/swaps.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"
#include "host/fields.h"

/* MAX_SWAPFILES is 32; a file's path may be long. */
#define SWAPS_FILE_MAX 16384

/* mm_stat: orig_data_size compr_data_size mem_used_total ..., in bytes
 * (Documentation/admin-guide/blockdev/zram.rst). */
static int read_zram_memory(const char *device, size_t device_length, const struct file_roots *roots,
			    uint64_t *ret_kb, struct text *error)
{
	char path[HOST_PATH_MAX], buffer[256];
	const char *at = buffer;
	uint64_t bytes = 0;
	TEXT_ON_STACK(name, 128);

	text_append(&name, "/block/");
	text_append_bytes(&name, device, device_length);
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
	for (int i = 0; i < 3; i++) {
		at += strspn(at, " ");
		int taken = number_parse_u64(at, strlen(at), &bytes);
		if (taken < 0 || bytes / 1024 > HOST_VALUE_MAX)
			return host_complain(error, path, -EBADMSG, "expected three numbers");
		at += taken;
	}
	*ret_kb = bytes / 1024;
	return 0;
}

static bool take_number(const char **at, uint64_t *ret)
{
	*at += strspn(*at, " \t");
	int taken = number_parse_u64(*at, strlen(*at), ret);
	if (taken < 0 || *ret > HOST_VALUE_MAX)
		return false;
	*at += taken;
	return true;
}

/* "/dev/zram0   partition   8388604   1234   100": name (blanks as \040),
 * type, size and use in kB, priority. */
static int parse_line(struct host_swaps *swaps, const char *line, const struct file_roots *roots,
		      struct text *error)
{
	static const char zram[] = "/dev/zram";
	const size_t name_length = strcspn(line, " \t");
	const char *at = line + name_length;
	uint64_t total_kb, used_kb, memory_kb = 0;

	at += strspn(at, " \t");
	at += strcspn(at, " \t");
	if (!take_number(&at, &total_kb) || !take_number(&at, &used_kb))
		return host_complain(error, "/proc/swaps", -EBADMSG, "line without size and usage");
	if (strncmp(line, zram, sizeof(zram) - 1) != 0) {
		swaps->disk_total_kb += total_kb;
		swaps->disk_used_kb += used_kb;
		return 0;
	}
	int r = read_zram_memory(line + 5, name_length - 5, roots, &memory_kb, error);
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
	char *rest = buffer, *line;
	int r = file_procfs_path(roots, "/swaps", path, sizeof(path));

	if (r < 0)
		return host_complain(error, "/swaps", r, NULL);
	ssize_t length = host_read(path, buffer, sizeof(buffer), error);
	if (length < 0)
		return (int)length;
	if (strncmp(buffer, "Filename", 8) != 0 || buffer[length - 1] != '\n')
		return host_complain(error, path, -EBADMSG, "truncated or in an unknown format");
	(void)strsep(&rest, "\n");
	while (r == 0 && (line = strsep(&rest, "\n")) && rest)
		r = parse_line(&swaps, line, roots, error);
	if (r == 0)
		*ret = swaps;
	return r;
}
