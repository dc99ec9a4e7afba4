/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/boot_id.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/number.h"
#include "base/retry.h"

int boot_id_parse(const char *text, size_t length, uint8_t ret[16])
{
	uint8_t id[16];
	size_t digits = 0;

	for (size_t i = 0; i < length; i++) {
		uint64_t digit;

		if (text[i] == '-')
			continue;
		if (digits == 32 || number_parse_hex(text + i, 1, &digit) != 1)
			return -EINVAL;
		id[digits / 2] = (uint8_t)(digits % 2 ? id[digits / 2] | digit : digit << 4);
		digits++;
	}
	if (digits != 32)
		return -EINVAL;
	memcpy(ret, id, sizeof(id));
	return 0;
}

void boot_id_print(const uint8_t id[16], char ret[BOOT_ID_TEXT_MAX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 16; i++) {
		ret[2 * i] = digits[id[i] >> 4];
		ret[2 * i + 1] = digits[id[i] & 15];
	}
	ret[32] = '\0';
}

static int read_once(const char *path, uint8_t ret[16])
{
	char text[64];
	ssize_t length = file_read(path, text, sizeof(text));

	if (length < 0)
		return (int)length;
	if (length > 0 && text[length - 1] == '\n')
		length--;
	return boot_id_parse(text, (size_t)length, ret);
}

int boot_id_read(const struct file_roots *roots, uint8_t ret[16])
{
	char path[PATH_MAX];
	struct retry retry = RETRY_ONCE;
	int r = file_procfs_path(roots, "/sys/kernel/random/boot_id", path, sizeof(path));

	if (r < 0)
		return r;
	do {
		r = read_once(path, ret);
	} while (retry_again(&retry, r));
	return r;
}
