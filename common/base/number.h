/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OOM_BASE_NUMBER_H
#define OOM_BASE_NUMBER_H
/*
 * The project's one parser and one printer of numbers, sizes and durations. They are independent of
 * the locale: the decimal point is always '.'.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/*
 * Parses decimal digits at the start of text[0..length). Returns the number of bytes consumed (at
 * least 1), -EINVAL if there is no digit, or -ERANGE if the value does not fit. *ret is only set on
 * success.
 */
int number_parse_u64(const char *text, size_t length, uint64_t *ret);

/* The same with an optional sign. */
int number_parse_i64(const char *text, size_t length, int64_t *ret);

/* The same in hexadecimal, with or without 0x. */
int number_parse_hex(const char *text, size_t length, uint64_t *ret);

/* The value of a digit 0 to 9 or a to f, or -1. The kernel escapes bytes in lower case. */
int number_hex_digit(char c);

/*
 * Parses a decimal fraction such as "-12.5" (no exponent, no hexadecimal, no "inf"). Returns the
 * number of bytes consumed, -EINVAL, or -ERANGE for values beyond 2^53.
 */
int number_parse_decimal(const char *text, size_t length, double *ret);

/*
 * The units and their factors to the base unit (B, s, %, or none):
 *     sizes      B  K KiB M MiB G GiB T TiB P PiB (1024)  kB KB MB GB TB PB (1000)
 *     durations  us ms s m min h d w
 *     percent    %
 */
enum number_dimension { NUMBER_PLAIN, NUMBER_BYTES, NUMBER_SECONDS, NUMBER_PERCENT };

/*
 * Looks up a unit of the dimension `wanted` at the start of text[0..length). Returns the number of
 * bytes consumed (0 if there is no unit; the factor is then 1) or -EINVAL for an unknown unit.
 */
int number_parse_unit(const char *text, size_t length, enum number_dimension wanted, double *ret_factor);

/* Parse a whole string: "4GiB", "24h", "90" (seconds). Return 0, -EINVAL or -ERANGE. */
int number_parse_bytes(const char *string, uint64_t *ret_bytes);
int number_parse_duration(const char *string, int64_t *ret_usec);

/*
 * Prints a finite number without an exponent: integers exact, fractions with up to six digits and
 * no trailing zeros.
 */
void number_append_decimal(struct text *text, double value);

/* Prints "512 KiB" or "15.9 GiB": no decimal below 1 MiB and from 100 on, otherwise one. */
void number_append_bytes(struct text *text, uint64_t bytes);

/* Prints the duration in the largest unit that gives at least two: "45 s", "90 min", "24 h", "3
 * days". */
void number_append_duration(struct text *text, int64_t usec);

#endif
