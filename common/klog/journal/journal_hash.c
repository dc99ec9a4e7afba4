/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two hash functions that journal files use for their data. */
#include "klog/journal/journal_hash.h"

#include <endian.h>
#include <string.h>

static uint64_t rotate64(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

static uint64_t load64(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return le64toh(value);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate64(v[1], 13) ^ v[0];
	v[0] = rotate64(v[0], 32);
	v[2] += v[3];
	v[3] = rotate64(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate64(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate64(v[1], 17) ^ v[2];
	v[2] = rotate64(v[2], 32);
}

static void sip_add(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

/* SipHash-2-4 (Aumasson, Bernstein 2012). */
uint64_t journal_hash_keyed(const uint8_t *data, size_t length, const uint8_t key[16])
{
	const uint64_t k0 = load64(key), k1 = load64(key + 8);
	uint64_t v[4] = { k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
			  k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573) };
	uint64_t last = (uint64_t)length << 56;
	size_t at = 0;

	for (; length - at >= 8; at += 8)
		sip_add(v, load64(data + at));
	for (size_t i = 0; at + i < length; i++)
		last |= (uint64_t)data[at + i] << 8 * i;
	sip_add(v, last);
	v[2] ^= 0xFF;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint32_t rotate32(uint32_t value, unsigned bits)
{
	return value << bits | value >> (32 - bits);
}

static void jenkins_mix(uint32_t v[3])
{
	static const unsigned bits[6] = { 4, 6, 8, 16, 19, 4 };

	for (unsigned i = 0; i < 6; i++) {
		uint32_t *a = &v[i % 3], *b = &v[(i + 1) % 3], *c = &v[(i + 2) % 3];

		*a = (*a - *c) ^ rotate32(*c, bits[i]);
		*c += *b;
	}
}

static void jenkins_final(uint32_t v[3])
{
	static const unsigned bits[7] = { 14, 11, 25, 16, 4, 14, 24 };

	for (unsigned i = 0; i < 7; i++) {
		uint32_t *into = &v[(i + 2) % 3], *from = &v[(i + 1) % 3];

		*into = (*into ^ *from) - rotate32(*from, bits[i]);
	}
}

/* lookup3's hashlittle2() (Jenkins 2006), both seeds 0; the first result is the upper half. */
uint64_t journal_hash_jenkins(const uint8_t *data, size_t length)
{
	const uint32_t seed = UINT32_C(0xdeadbeef) + (uint32_t)length;
	uint32_t v[3] = { seed, seed, seed };

	if (length == 0)
		return v[2] * UINT64_C(0x100000000) + v[1];
	for (;;) {
		const size_t part = length < 12 ? length : 12;

		for (size_t i = 0; i < part; i++)
			v[i / 4] += (uint32_t)data[i] << 8 * (i % 4);
		if (length <= 12)
			break;
		jenkins_mix(v);
		data += 12;
		length -= 12;
	}
	jenkins_final(v);
	return v[2] * UINT64_C(0x100000000) + v[1];
}
