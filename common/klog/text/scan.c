/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/text/scan.h"

#include <stdint.h>
#include <string.h>
/* glibc 2.33 and later: the CPU's features as determined by ld.so. __builtin_cpu_supports() is not
 * used: its constructor executes CPUID again at every start, which costs a check in a VM more than
 * reading a hundred records. */
#if defined(__x86_64__) && __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#define HAVE_AVX2_FUNCTIONS
#endif

/*
 * How common a byte is in logs, 0 to 9: precise enough to prefer "Ki" to "ed". The letters most
 * frequent in English words are the worst choice.
 */
static unsigned commonness(unsigned char byte)
{
	static const char common[] = " etaoinsr0123456789:.-/[]";
	static const char usual[] = "dlchumpfgbvkwy_=,";

	if (byte == '\0')
		return 9;
	if (strchr(common, byte) != NULL)
		return 9;
	return strchr(usual, byte) != NULL ? 5 : 1;
}

static bool holds_pair(const char *bytes, size_t length, const unsigned char *pair, size_t *ret_offset)
{
	const char *at = memmem(bytes, length, pair, 2);

	if (at == NULL)
		return false;
	*ret_offset = (size_t)(at - bytes);
	return true;
}

/* The cost of a pair, divided by the number of strings that contain it and have no pair yet. One
 * more pair costs little, but a pair that occurs in every line means a comparison with all
 * strings. */
static double price(const struct klog_scan *scan, const bool *has_pair, const unsigned char *pair)
{
	size_t sharing = 0, offset;

	for (size_t i = 0; i < scan->string_count; i++)
		sharing += !has_pair[i] &&
			   holds_pair(scan->strings[i].bytes, scan->strings[i].length, pair, &offset);
	const double common = commonness(pair[0]) * commonness(pair[1]);
	return (common * common + 10) / (double)sharing;
}

static void choose_pair(const struct klog_scan *scan, const bool *has_pair, unsigned char *ret)
{
	double best = 0;

	for (size_t i = 0; i < scan->string_count; i++) {
		for (size_t at = 0; !has_pair[i] && at + 1 < scan->strings[i].length; at++) {
			unsigned char pair[2];

			memcpy(pair, scan->strings[i].bytes + at, 2);
			double cost = price(scan, has_pair, pair);
			if (best == 0 || cost < best) {
				best = cost;
				memcpy(ret, pair, 2);
			}
		}
	}
}

bool klog_scan_add(struct klog_scan *scan, const char *string)
{
	size_t length = strlen(string);

	if (scan->string_count == KLOG_SCAN_MAX || length < 2)
		return false;
	scan->strings[scan->string_count].bytes = string;
	scan->strings[scan->string_count].length = length;
	scan->string_count++;
	return true;
}

/*
 * Tables to compare with all pairs at once, however many there are. Each bit stands for one or more
 * pairs: pair i has bit i % 8. For each value of half a byte, a table holds the bits of the pairs
 * that have it in that place. A bit that is set in all four tables is a match of one of its pairs,
 * or occasionally of a mixture of them. A table is 16 bytes long and stored twice.
 */
static void fill_tables(struct klog_scan *scan)
{
	memset(scan->low, 0, sizeof(scan->low));
	memset(scan->high, 0, sizeof(scan->high));
	for (size_t i = 0; i < scan->pair_count; i++) {
		for (size_t which = 0; which < 2; which++) {
			const unsigned char byte = scan->pairs[i][which];
			const unsigned char bit = (unsigned char)(1U << i % 8);

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
	bool has_pair[KLOG_SCAN_MAX] = { false };
	size_t left = scan->string_count;

	scan->pair_count = scan->longest = 0;
	while (left > 0) {
		unsigned char *pair = scan->pairs[scan->pair_count];

		choose_pair(scan, has_pair, pair);
		for (size_t i = 0; i < scan->string_count; i++) {
			size_t offset;

			if (has_pair[i] ||
			    !holds_pair(scan->strings[i].bytes, scan->strings[i].length, pair, &offset))
				continue;
			scan->strings[i].offset = offset;
			has_pair[i] = true;
			left--;
			if (scan->strings[i].length > scan->longest)
				scan->longest = scan->strings[i].length;
		}
		scan->pair_count++;
	}
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

/* The number of pairs compared at once; the strings in use need 12. */
#define FAST_PAIRS 16

/*
 * The following functions are variants of one search. Each returns the place of a string in
 * text[*at..length), or NULL with *at set to where the search byte by byte must continue. The loops
 * over the pairs are unrolled.
 */
static const char *search_fast(const struct klog_scan *scan, const char *text, size_t length, size_t *at,
			       size_t *ret_string)
{
	vector firsts[FAST_PAIRS], seconds[FAST_PAIRS];

#pragma GCC unroll 16
	for (size_t i = 0; i < FAST_PAIRS; i++) {
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
		for (size_t i = 0; i < FAST_PAIRS; i++) {
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
	if (scan->pair_count > FAST_PAIRS)
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
