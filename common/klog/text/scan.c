/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/text/scan.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
/* glibc 2.33 and later: the CPU's features as determined by ld.so. __builtin_cpu_supports() is not
 * used: its constructor executes CPUID again at every start, which costs a check in a VM more than
 * reading a hundred records. */
#if defined(__x86_64__) && __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#define HAVE_AVX2_FUNCTIONS
#endif

static void add_pair(struct klog_scan *scan, const char *pair)
{
	for (size_t i = 0; i < scan->pair_count; i++) {
		if (memcmp(scan->pairs[i], pair, 2) == 0)
			return;
	}
	memcpy(scan->pairs[scan->pair_count++], pair, 2);
}

bool klog_scan_add(struct klog_scan *scan, const char *string, const char *pair)
{
	const size_t length = strlen(string);
	const char *at = pair != NULL ? memmem(string, length, pair, 2) : string;

	if (scan->string_count == KLOG_SCAN_MAX || length < 2 || at == NULL)
		return false;
	scan->strings[scan->string_count].bytes = string;
	scan->strings[scan->string_count].length = length;
	scan->strings[scan->string_count].offset = (size_t)(at - string);
	scan->string_count++;
	if (scan->longest < length)
		scan->longest = length;
	add_pair(scan, at);
	return true;
}

/*
 * Tables to compare with all pairs at once, however many there are. Each bit stands for one or more
 * pairs. For each value of half a byte, a table holds the bits of the pairs that have it in that
 * place. A bit that is set in all four tables is a match of one of its pairs, or of a mixture of them.
 * Pairs without a lower-case letter share a bit, because their mixtures are as rare as they are. A
 * table is 16 bytes long and stored twice.
 */
static void fill_tables(struct klog_scan *scan)
{
	unsigned others = 0;

	memset(scan->low, 0, sizeof(scan->low));
	memset(scan->high, 0, sizeof(scan->high));
	for (size_t i = 0; i < scan->pair_count; i++) {
		const unsigned char *pair = scan->pairs[i];
		const unsigned char bit =
			(unsigned char)(islower(pair[0]) || islower(pair[1]) ? 1U << others++ % 7 : 1U << 7);

		for (size_t which = 0; which < 2; which++) {
			const unsigned char byte = pair[which];

			scan->low[which][byte & 15] |= bit;
			scan->high[which][byte >> 4] |= bit;
		}
	}
	for (size_t which = 0; which < 2; which++) {
		memcpy(scan->low[which] + 16, scan->low[which], 16);
		memcpy(scan->high[which] + 16, scan->high[which], 16);
	}
}

void klog_scan_prepare(struct klog_scan *scan)
{
	memset(scan->by_first, 0, sizeof(scan->by_first));
	for (size_t i = scan->string_count; i-- > 0;) {
		unsigned char *first =
			&scan->by_first[(unsigned char)scan->strings[i].bytes[scan->strings[i].offset]];

		scan->strings[i].next = *first;
		*first = (unsigned char)(i + 1);
	}
	/* The search compares with a fixed number of pairs; fill up with copies. */
	for (size_t i = scan->pair_count; i < KLOG_SCAN_MAX; i++)
		memcpy(scan->pairs[i], scan->pairs[0], 2);
	fill_tables(scan);
}

/* The start of a string whose pair is at text[at], or NULL. Compares the string's first byte first,
 * which rules out most places where only the pair matches, such as the "ll" of "kill" in other
 * words. */
static const char *confirm(const struct klog_scan *scan, const char *text, size_t length, size_t at,
			   size_t *ret_string)
{
	for (size_t i = scan->by_first[(unsigned char)text[at]]; i-- > 0; i = scan->strings[i].next) {
		const char *bytes = scan->strings[i].bytes;
		const size_t offset = scan->strings[i].offset, last = scan->strings[i].length - 1;

		if (at >= offset && text[at - offset] == bytes[0] && length - (at - offset) > last &&
		    text[at - offset + last] == bytes[last] && memcmp(text + at - offset, bytes, last) == 0) {
			if (ret_string != NULL)
				*ret_string = i;
			return text + at - offset;
		}
	}
	return NULL;
}

/* The first string whose pair is at text[at + i] for a bit i of `places`, or NULL. */
static const char *confirm_any(const struct klog_scan *scan, const char *text, size_t length, size_t at,
			       uint64_t places, size_t *ret_string)
{
	for (; places != 0; places &= places - 1) {
		const size_t place = at + (size_t)__builtin_ctzll(places);
		const char *found = confirm(scan, text, length, place, ret_string);

		if (found != NULL)
			return found;
	}
	return NULL;
}

/* 32 bytes: one AVX2 register or two of SSE2 or NEON, at the compiler's choice. */
typedef unsigned char vector __attribute__((vector_size(32)));
#define WIDTH sizeof(vector)
#define STEP  (2 * WIDTH)

static inline bool any(const vector *v)
{
	uint64_t lanes[4];

	memcpy(lanes, v, sizeof(lanes));
	return (lanes[0] | lanes[1] | lanes[2] | lanes[3]) != 0;
}

/*
 * The following functions are variants of one search. Each returns the place of a string in
 * text[*at..length), or NULL with *at set to where the search byte by byte must continue. The loops
 * over the pairs are unrolled.
 */
static const char *search_fast(const struct klog_scan *scan, const char *text, size_t length, size_t *at,
			       size_t *ret_string)
{
	vector firsts[KLOG_SCAN_PAIRS], seconds[KLOG_SCAN_PAIRS];

#pragma GCC unroll 16
	for (size_t i = 0; i < KLOG_SCAN_PAIRS; i++) {
		firsts[i] = (vector){ 0 } + scan->pairs[i][0];
		seconds[i] = (vector){ 0 } + scan->pairs[i][1];
	}
	for (; *at + STEP + 1 <= length; *at += STEP) {
		const char *step = text + *at, *found;
		vector v[4], both = { 0 };

		memcpy(&v[0], step, WIDTH);
		memcpy(&v[1], step + 1, WIDTH);
		memcpy(&v[2], step + WIDTH, WIDTH);
		memcpy(&v[3], step + WIDTH + 1, WIDTH);
#pragma GCC unroll 16
		for (size_t i = 0; i < KLOG_SCAN_PAIRS; i++) {
			both |= (vector)(v[0] == firsts[i]) & (vector)(v[1] == seconds[i]);
			both |= (vector)(v[2] == firsts[i]) & (vector)(v[3] == seconds[i]);
		}
		if (any(&both) &&
		    (found = confirm_any(scan, text, length, *at, ~UINT64_C(0), ret_string)) != NULL)
			return found;
	}
	return NULL;
}

#ifdef HAVE_AVX2_FUNCTIONS
typedef char signed_vector __attribute__((vector_size(32)));

struct pair_tables {
	signed_vector low[2], high[2];
};

/* One bit for each byte where a pair may start. */
__attribute__((target("avx2"))) static inline uint64_t pairs_at(const struct pair_tables *tables,
								const char *text)
{
	vector found = ~(vector){ 0 };

#pragma GCC unroll 2
	for (size_t which = 0; which < 2; which++) {
		vector bytes;

		memcpy(&bytes, text + which, WIDTH);
		found &= (vector)__builtin_ia32_pshufb256(tables->low[which], (signed_vector)(bytes & 15)) &
			 (vector)__builtin_ia32_pshufb256(tables->high[which], (signed_vector)(bytes >> 4));
	}
	return (uint32_t)~__builtin_ia32_pmovmskb256((signed_vector)(found == 0));
}

__attribute__((target("avx2"))) static const char *search_fast_avx2(const struct klog_scan *scan,
								    const char *text, size_t length,
								    size_t *at, size_t *ret_string)
{
	struct pair_tables tables;

#pragma GCC unroll 2
	for (size_t which = 0; which < 2; which++) {
		memcpy(&tables.low[which], scan->low[which], WIDTH);
		memcpy(&tables.high[which], scan->high[which], WIDTH);
	}
	for (; *at + STEP + 1 <= length; *at += STEP) {
		const uint64_t places = pairs_at(&tables, text + *at) | pairs_at(&tables, text + *at + WIDTH)
										<< WIDTH;
		const char *found;

		if (places != 0 && (found = confirm_any(scan, text, length, *at, places, ret_string)) != NULL)
			return found;
	}
	return NULL;
}
#endif

static const char *search_none(const struct klog_scan *scan, const char *text, size_t length, size_t *at,
			       size_t *ret_string)
{
	(void)scan, (void)text, (void)length, (void)at, (void)ret_string;
	return NULL;
}

typedef const char *(*search_fn)(const struct klog_scan *scan, const char *text, size_t length, size_t *at,
				 size_t *ret_string);

/* Selected by hand: target_clones needs the C library's ifunc support, which musl lacks. */
static search_fn choose_search(const struct klog_scan *scan)
{
	if (scan->pair_count > KLOG_SCAN_PAIRS)
		return search_none;
#ifdef HAVE_AVX2_FUNCTIONS
	if (CPU_FEATURE_ACTIVE(AVX2))
		return search_fast_avx2;
#endif
	return search_fast;
}

const char *klog_scan_find(const struct klog_scan *scan, const char *text, size_t length, size_t *ret_string)
{
	size_t at = 0;
	const char *found = choose_search(scan)(scan, text, length, &at, ret_string);

	/* The rest, byte by byte. */
	for (; found == NULL && at + 2 <= length; at++)
		found = confirm(scan, text, length, at, ret_string);
	return found;
}
