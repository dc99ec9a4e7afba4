/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Months in the languages of the people who paste the output of dmesg -T.
 */
#include <string.h>

#include "klog/text/pasted_line.h"

/*
 * %b and %B of glibc's locales, each cut to the prefix that distinguishes it from the other months
 * of all these languages: en de nl sv da nb fr es pt it ca ro pl cs hu tr fi el ru uk. zh, ja and
 * ko write a number: 5月, 5월.
 */
static const char *const month_names[12] = {
	"jan ene gen ian sty led oca tammi jän янв січ Ιαν",
	"feb fev fév fév lut úno şub helmi фев лют Φεβ",
	"mar mär mrz mrt bře maalis már мар бер Μαρ",
	"apr abr avr kwi dub nis huhti ápr апр кві Απρ",
	"may mai maj mei mag kvě touko máj май мая мая тра Μαΐ Μαι",
	"jun juin giu cze čen haz kesä jún iun июн чер Ιουν",
	"jul juil lug lip čec tem heinä júl iul июл лип Ιουλ",
	"aug ago aoû sie srp ağu elo авг сер Αυγ",
	"sep set wrz zář eyl syys szept сен вер Σεπ",
	"oct okt out ott paź říj eki loka окт жов Οκτ",
	"nov lis kas marras ноя лис Νοε",
	"dec déc dez dic dis des gru pro ara joulu дек гру Δεκ",
};

/* Folds ASCII only; same_letter() handles accented letters. */
static unsigned char fold(char byte)
{
	return (unsigned char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

/* Whether the second bytes a and b, after the same lead byte, are the upper and lower case of one
 * letter: Á/á differ by 0x20, Ş/ş and Č/č (Latin Extended-A) by 1. Cyrillic and Greek letters match
 * in the same case only: strftime(3) writes Cyrillic months in lower case, and Greek ones with a
 * capital letter. */
static bool same_letter(unsigned char lead, unsigned char a, unsigned char b)
{
	if (a == b)
		return true;
	if (lead == 0xC3) /* Á/á */
		return (a | 0x20) == (b | 0x20);
	if (lead == 0xC5 || lead == 0xC4)
		return (a | 1) == (b | 1);
	return false;
}

static size_t matching_prefix(const char *name, size_t name_length, const char *word, size_t length)
{
	if (length < name_length)
		return 0;
	for (size_t i = 0; i < name_length; i++) {
		unsigned char a = fold(word[i]), b = fold(name[i]);

		if (a != b && (i == 0 || !same_letter((unsigned char)name[i - 1], a, b)))
			return 0;
	}
	return name_length;
}

/* "5月", "12월": the number of the month and one character. */
static int numbered_month(const char *word, size_t length)
{
	struct cursor cursor = { word, word + length };
	int64_t month;

	if (!cursor_take_digits(&cursor, 1, 2, &month) || month < 1 || month > 12)
		return 0;
	return (cursor_take(&cursor, "月") || cursor_take(&cursor, "월")) && cursor.at == cursor.end
		       ? (int)month
		       : 0;
}

int klog_pasted_month(const char *word, size_t length)
{
	size_t best = 0;
	int month = 0;

	if (length > 0 && cursor_is_digit(word[0]))
		return numbered_month(word, length);
	for (int m = 0; m < 12; m++) {
		for (const char *name = month_names[m]; *name != '\0';) {
			size_t name_length = strcspn(name, " ");

			/* The longest match wins: "marras" is not March. */
			if (matching_prefix(name, name_length, word, length) > best) {
				best = name_length;
				month = m + 1;
			}
			name += name_length;
			name += *name == ' ';
		}
	}
	return month;
}
