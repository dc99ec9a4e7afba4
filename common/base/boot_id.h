/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_BOOT_ID_H
#define OOM_BASE_BOOT_ID_H
/*
 * Identifies one boot of the kernel: 128 random bits that stay the same until the next boot. The
 * source is /proc/sys/kernel/random/boot_id; the journal stores the same value in _BOOT_ID.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/file.h"

#define BOOT_ID_TEXT_MAX 33 /* 32 hexadecimal digits and the terminator */

/* Parses 32 hexadecimal digits, with or without dashes. Returns 0 or -EINVAL. */
int boot_id_parse(const char *text, size_t length, uint8_t ret[16]);

/* Writes the digits, without dashes. */
void boot_id_print(const uint8_t id[16], char ret[BOOT_ID_TEXT_MAX]);

static inline bool boot_id_same(const uint8_t a[16], const uint8_t b[16])
{
	return memcmp(a, b, 16) == 0;
}

/* Reads the id of the current boot. Returns 0 or a negative errno. */
int boot_id_read(const struct file_roots *roots, uint8_t ret[16]);

#endif
