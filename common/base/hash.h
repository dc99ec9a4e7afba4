/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_HASH_H
#define OOM_BASE_HASH_H
/* 64-bit FNV-1a: detects accidental corruption; not cryptographic. */
#include <stddef.h>
#include <stdint.h>

#define HASH_OF_NOTHING UINT64_C(0xcbf29ce484222325)
#define HASH_PRIME      UINT64_C(0x100000001b3)

/* Continues `hash` with more bytes; start with HASH_OF_NOTHING. */
static inline uint64_t hash_add(uint64_t hash, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * HASH_PRIME;
	return hash;
}

/* The same for numbers, each added in one step (not byte by byte). */
static inline uint64_t hash_add_numbers(uint64_t hash, const uint64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hash = (hash ^ numbers[i]) * HASH_PRIME;
	return hash;
}

#endif
