/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_HASH_H
#define OOM_BASE_HASH_H
/* FNV-1a of 64 bits: tells bytes apart that chance made, none that an enemy did. */
#include <stddef.h>
#include <stdint.h>

#define HASH_OF_NOTHING UINT64_C(0xcbf29ce484222325)
#define HASH_PRIME      UINT64_C(0x100000001b3)

/* The hash of what `hash` stands for and the bytes behind it. */
static inline uint64_t hash_add(uint64_t hash, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * HASH_PRIME;
	return hash;
}

/* The same with numbers, each in one step. */
static inline uint64_t hash_add_numbers(uint64_t hash, const uint64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hash = (hash ^ numbers[i]) * HASH_PRIME;
	return hash;
}

#endif
