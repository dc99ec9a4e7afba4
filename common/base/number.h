/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_NUMBER_H
#define OOM_BASE_NUMBER_H
/*
 * The one parser of numbers, sizes and durations, and the one printer of
 * them.  All of it is independent of the locale (a decimal point is '.').
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/*
 * Parses decimal digits at the start of text[0..length).
 * Returns how many bytes it took (at least 1), -EINVAL where there is no
 * digit, -ERANGE where the value does not fit; *ret only set on success.
 */
int number_parse_u64(const char *text, size_t length, uint64_t *ret);

/* The same with an optional sign. */
int number_parse_i64(const char *text, size_t length, int64_t *ret);

/* The same in hexadecimal, with or without 0x. */
int number_parse_hex(const char *text, size_t length, uint64_t *ret);

/*
 * Parses a decimal fraction such as "-12.5" (no exponent, no hexadecimal, no
 * "inf"); returns the bytes taken, -EINVAL or -ERANGE.
 */
int number_parse_decimal(const char *text, size_t length, double *ret);

/*
 * A unit of the field: its factor to the base unit (B, s, %, or none).
 *   sizes      B  K KiB M MiB G GiB T TiB P PiB (1024)  kB KB MB GB TB PB (1000)
 *   durations  us ms s m min h d w
 *   percent    %
 */
enum number_dimension { NUMBER_PLAIN, NUMBER_BYTES, NUMBER_SECONDS, NUMBER_PERCENT };

/*
 * Looks up the unit at the start of text[0..length) that the dimension
 * `wanted` knows.  Returns the bytes taken (0: no unit there, factor 1),
 * -EINVAL for an unknown unit.
 */
int number_parse_unit(const char *text, size_t length, enum number_dimension wanted, double *ret_factor);

/* Whole strings: "4GiB", "24h", "90" (seconds).  0, -EINVAL or -ERANGE. */
int number_parse_bytes(const char *string, uint64_t *ret_bytes);
int number_parse_duration(const char *string, int64_t *ret_usec);

/* "512 KiB", "15.9 GiB": one decimal, none below 1 MiB or from 100 on. */
void number_append_bytes(struct text *text, uint64_t bytes);

/* The largest scale of which there are at least two: "45 s", "90 min",
 * "24 h", "3 days". */
void number_append_duration(struct text *text, int64_t usec);

#endif
