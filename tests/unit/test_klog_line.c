/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "klog/text/line.h"

#define SEC  INT64_C(1000000)
#define NONE KLOG_TIME_UNKNOWN
#define ANY  KLOG_UNKNOWN

/* The files were last written on 2024-12-31 at 12:00:00 UTC. */
#define REFERENCE (INT64_C(1735646400) * SEC)

static struct klog_line_context context;

static bool parse(const char *line, struct klog_record *record)
{
	return klog_line_parse(&context, line, strlen(line), record);
}

static int fresh(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	klog_line_init(&context, REFERENCE, REFERENCE);
	return 0;
}

static void assert_record(const char *line, const struct klog_record *got, int64_t realtime_usec,
			  int64_t monotonic_usec, int facility, int level, const char *identifier,
			  const char *text)
{
	if (got->realtime_usec != realtime_usec || got->monotonic_usec != monotonic_usec ||
	    got->facility != facility || got->level != level)
		fail_msg("%s: realtime %lld, monotonic %lld, facility %d, level %d", line,
			 (long long)got->realtime_usec, (long long)got->monotonic_usec, got->facility,
			 got->level);
	if (identifier == NULL)
		assert_null(got->identifier);
	else
		assert_string_equal(got->identifier, identifier);
	assert_string_equal(got->text, text);
	assert_int_equal(got->text_length, strlen(text));
	assert_false(got->proven);
}

static void each_envelope_is_removed(void **state)
{
	static const struct {
		const char *line;
		int64_t realtime_usec, monotonic_usec;
		int facility, level;
		const char *identifier, *text;
	} cases[] = {
		/* dmesg, the console and the ring buffer */
		{ "3,890,11876412,-;a\\x0ab", NONE, 11876412, 0, 3, NULL, "a\nb" },
		{ "    30,7,5,-,caller=T1;by a daemon", NONE, 5, 3, 6, NULL, "by a daemon" },
		{ "[   12.345678] text", NONE, 12345678, ANY, ANY, NULL, "text" },
		{ "[   12.345678]  indented", NONE, 12345678, ANY, ANY, NULL, " indented" },
		{ "[12.5] two digits less", NONE, 12500000, ANY, ANY, NULL, "two digits less" },
		{ "[   12.345678][  T123] text", NONE, 12345678, ANY, ANY, NULL, "text" },
		{ "[   12.345678] [    C0] text", NONE, 12345678, ANY, ANY, NULL, "text" },
		{ "[   12.345678 <    0.000100>] text", NONE, 12345678, ANY, ANY, NULL, "text" },
		{ "[<    0.000100>] text", NONE, NONE, ANY, ANY, NULL, "text" },
		{ "<4>[   12.345678] text", NONE, 12345678, 0, 4, NULL, "text" },
		{ "<30>[   12.345678] text", NONE, 12345678, 3, 6, NULL, "text" },
		{ "<2047>[   12.345678] text", NONE, 12345678, 255, 7, NULL, "text" },
		{ "<6>no time", NONE, NONE, 0, 6, NULL, "no time" },
		{ "kern  :err   : [   12.345678] text", NONE, 12345678, 0, 3, NULL, "text" },
		{ "user  :notice: [   12.345678] text", NONE, 12345678, 1, 5, NULL, "text" },
		{ "[Thu May  9 14:52:38 2024] text", 1715266358 * SEC, NONE, ANY, ANY, NULL, "text" },
		{ "[jeu. 9 mai 14:52:38 2024] text", 1715266358 * SEC, NONE, ANY, ANY, NULL, "text" },
		{ "[Do Mai  9 14:52:38 2024] text", 1715266358 * SEC, NONE, ANY, ANY, NULL, "text" },
		{ "[四 5月  9 14:52:38 2024] text", 1715266358 * SEC, NONE, ANY, ANY, NULL, "text" },
		{ "kern  :warn  : [Thu May  9 14:52:38 2024] text", 1715266358 * SEC, NONE, 0, 4, NULL,
		  "text" },
		{ "[May 9 14:52] text", 1715266320 * SEC, NONE, ANY, ANY, NULL, "text" },
		{ "2024-05-09T14:52:38,000001+02:00 text", 1715259158 * SEC + 1, NONE, ANY, ANY, NULL,
		  "text" },
		{ "\033[32m[   12.345678] \033[0m\033[33mtext\033[0m", NONE, 12345678, ANY, ANY, NULL,
		  "text" },
		{ "[   12.345678] systemd[1]: relayed", NONE, 12345678, ANY, ANY, "systemd", "relayed" },
		{ "<4>[   12.345678] cc[9]: segfault at 0", NONE, 12345678, 0, 4, NULL,
		  "cc[9]: segfault at 0" },
		{ "kernel: text", NONE, NONE, ANY, ANY, "kernel", "text" },
		{ "text alone", NONE, NONE, ANY, ANY, NULL, "text alone" },
		{ "[   1365]   990  1365     4420", NONE, NONE, ANY, ANY, NULL,
		  "[   1365]   990  1365     4420" },

		/* syslog daemons */
		{ "May  9 14:52:38 h kernel: text", 1715266358 * SEC, NONE, ANY, ANY, "kernel", "text" },
		{ "1715266358.000000 [    1.5] text", 1715266358 * SEC, 1500000, ANY, ANY, NULL, "text" },
		{ "May 9 14:52:38 h kernel: text\r", 1715266358 * SEC, NONE, ANY, ANY, "kernel", "text" },
		{ "May  9 14:52:38 kernel: text", 1715266358 * SEC, NONE, ANY, ANY, "kernel", "text" },
		{ "May  9 14:52:38 h kernel:[    1.5] text", 1715266358 * SEC, 1500000, ANY, ANY, "kernel",
		  "text" },
		{ "May  9 14:52:38 h kernel: [    1.5] text", 1715266358 * SEC, 1500000, ANY, ANY, "kernel",
		  "text" },
		{ "May  9 14:52:38 h kernel: [    1.5] systemd[1]: text", 1715266358 * SEC, 1500000, ANY, ANY,
		  "systemd", "text" },
		{ "May  9 14:52:38 h kern.err kernel: text", 1715266358 * SEC, NONE, 0, 3, "kernel", "text" },
		{ "<4>May  9 14:52:38 h kernel: text", 1715266358 * SEC, NONE, 0, 4, "kernel", "text" },
		{ "May  9 14:52:38 h sshd[12]: text", 1715266358 * SEC, NONE, ANY, ANY, "sshd", "text" },
		{ "May  9 14:52:38 h last message repeated 2 times", 1715266358 * SEC, NONE, ANY, ANY, "",
		  "h last message repeated 2 times" },
		{ "mayo 09 14:52:38 h kernel: text", 1715266358 * SEC, NONE, ANY, ANY, "kernel", "text" },
		{ "мая 09 14:52:38 h kernel: text", 1715266358 * SEC, NONE, ANY, ANY, "kernel", "text" },
		{ "5月 09 14:52:38 h kernel: text", 1715266358 * SEC, NONE, ANY, ANY, "kernel", "text" },
		{ "2024-05-09T14:52:38.25+02:00 h kernel: text", 1715259158 * SEC + 250000, NONE, ANY, ANY,
		  "kernel", "text" },
		{ "2024-05-09T14:52:38Z kern.warning h kernel: text", 1715266358 * SEC, NONE, 0, 4, "kernel",
		  "text" },
		{ "<4>1 2024-05-09T14:52:38Z h kernel - - - text", 1715266358 * SEC, NONE, 0, 4, "kernel",
		  "text" },
		{ "<12>1 2024-05-09T14:52:38Z h app 7 ID [x@1 a=\"]\\\"\"][y b=\"\"] \xEF\xBB\xBFtext",
		  1715266358 * SEC, NONE, 1, 4, "app", "text" },
		{ "Thu May  9 14:52:38 2024 kern.warn kernel: [    1.5] text", 1715266358 * SEC, 1500000, 0,
		  4, "kernel", "text" },
		{ "14:52:38 kernel: text", NONE, NONE, ANY, ANY, "kernel", "text" },
		{ "May  9 14:52:38 h kernel: a#012 b#011c", 1715266358 * SEC, NONE, ANY, ANY, "kernel",
		  "a\n b\tc" },
		{ "May  9 14:52:38 h kernel: issue #12, #900", 1715266358 * SEC, NONE, ANY, ANY, "kernel",
		  "issue #12, #900" },

		/* journalctl */
		{ "May 09 14:52:38.000007 h kernel: text", 1715266358 * SEC + 7, NONE, ANY, ANY, "kernel",
		  "text" },
		{ "2024-05-09T14:52:38+0200 h kernel: text", 1715259158 * SEC, NONE, ANY, ANY, "kernel",
		  "text" },
		{ "Thu 2024-05-09 14:52:38 UTC h kernel: text", 1715266358 * SEC, NONE, ANY, ANY, "kernel",
		  "text" },
		{ "Thu 2024-05-09 14:52:38 +0530 h kernel: text", 1715246558 * SEC, NONE, ANY, ANY, "kernel",
		  "text" },
		{ "Thu 2024-05-09 14:52:38 UTC h systemd-oomd.service[7]: text", 1715266358 * SEC, NONE, ANY,
		  ANY, "systemd-oomd", "text" },
		{ "1715266358.000001 h kernel: text", 1715266358 * SEC + 1, NONE, ANY, ANY, "kernel",
		  "text" },
		{ "[   12.345678] h kernel: text", NONE, 12345678, ANY, ANY, "kernel", "text" },
		{ "[   12.345678] h earlyoom[7]: text", NONE, 12345678, ANY, ANY, "earlyoom", "text" },
		{ "[   12.345678 <    0.000001 >] h kernel: text", NONE, 12345678, ANY, ANY, "kernel",
		  "text" },

		/* container runtimes, nested */
		{ "2024-05-09T14:52:38.5Z stdout F <3>[   12.345678] text", 1715266358 * SEC + 500000,
		  12345678, 0, 3, NULL, "text" },
		{ "2024-05-09T14:52:38Z stderr P 3,1,2,-;text", 1715266358 * SEC, 2, 0, 3, NULL, "text" },
		{ "{\"log\":\"[   12.345678] "
		  "a\\tb\\n\",\"stream\":\"stdout\",\"time\":\"2024-05-09T14:52:38Z\"}",
		  1715266358 * SEC, 12345678, ANY, ANY, NULL, "a\tb" },

		/* prefixes added by people and by grep */
		{ "> >  [   12.345678] text", NONE, 12345678, ANY, ANY, NULL, "text" },
		{ "`[   12.345678] text", NONE, 12345678, ANY, ANY, NULL, "text" },
		{ "123:May  9 14:52:38 h kernel: text", 1715266358 * SEC, NONE, ANY, ANY, "kernel", "text" },
		{ "/var/log/kern.log-3:12:May  9 14:52:38 h kernel: text", 1715266358 * SEC, NONE, ANY, ANY,
		  "kernel", "text" },
		{ "kern.log-12-[   12.345678] text", NONE, 12345678, ANY, ANY, NULL, "text" },
		{ "\xEF\xBB\xBFMay  9 14:52:38 h kernel: text", 1715266358 * SEC, NONE, ANY, ANY, "kernel",
		  "text" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct klog_record record;

		fresh(state);
		assert_true(parse(cases[i].line, &record));
		assert_record(cases[i].line, &record, cases[i].realtime_usec, cases[i].monotonic_usec,
			      cases[i].facility, cases[i].level, cases[i].identifier, cases[i].text);
	}
}

static void only_kernel_lines_are_recognised_as_such(void **state)
{
	static const struct {
		const char *line;
		bool kernel;
	} cases[] = {
		{ "Killed process 7 (x)", true },
		{ "    Killed process 7 (x)", true },
		{ "[   12.345678] Killed process 7 (x)", true },
		{ "May  9 14:52:38 h kernel: Killed process 7 (x)", true },
		{ "May  9 14:52:38 h app[3]: Killed process 7 (x)", false },
		{ "May  9 14:52:38 h app[3]: kernel: Killed process 7 (x)", false },
		{ "May  9 14:52:38 h app: [   12.345678] Killed process 7 (x)", false },
		{ "May  9 14:52:38 h Killed process 7 (x)", false },
		{ "<4>1 2024-05-09T14:52:38Z h app - - - Killed process 7 (x)", false },
		{ "<4>May  9 14:52:38 h app: Killed process 7 (x)", false },
		{ "May  9 14:52:38 h user.err kernel: Killed process 7 (x)", false },
		{ "<12>[   12.345678] Killed process 7 (x)", false },
		{ "11,5,5,-;Killed process 7 (x)", false },
		{ "[   12.345678] app[3]: Killed process 7 (x)", false },
		{ "[2024-05-09 14:52:38 UTC] kernel: Killed process 7 (x)", false },
		{ "2024-05-09 14:52:38,123 WARN kernel: Killed process 7 (x)", false },
		{ "2024/05/09 14:52:38 [info] Killed process 7 (x)", false },
		{ "2024-05-09T14:52:38.1Z In(05) vcpu-1 - Guest: <3>[   12.345678] Killed process 7 (x)",
		  false },
		{ "2024-05-09T14:52:38.1Z stdout F Killed process 7 (x)", false },
		{ "2024-05-09T14:52:38.1Z stdout F kernel: Killed process 7 (x)", false },
		{ "{\"log\":\"Killed process 7 (x)\\n\",\"time\":\"2024-05-09T14:52:38Z\"}", false },
		{ "{\"level\":\"info\",\"msg\":\"Killed process 7 (x)\"}", false },
		{ "  ('job', 'failed', 'Killed process 7'),", false },
		{ "+	pr_err(\"Killed process %d\");", false },
		{ "  Warning  OOM  2m  kernel-monitor  Killed process 7 (x)", false },
		{ "| kernel | Killed process 7 (x) |", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct klog_record record;

		fresh(state);
		assert_true(parse(cases[i].line, &record));
		if (klog_record_is_kernel(&record) != cases[i].kernel)
			fail_msg("%s: taken for %s", cases[i].line,
				 cases[i].kernel ? "another's" : "the kernel's");
	}
}

static void journal_json_is_read_with_values_of_any_type(void **state)
{
	static const char head[] = "{\"__REALTIME_TIMESTAMP\":\"1715266358000000\","
				   "\"__MONOTONIC_TIMESTAMP\":\"20000000\",\"PRIORITY\":\"3\",";
	static const char kernel[] =
		"\"SYSLOG_FACILITY\":\"0\",\"SYSLOG_IDENTIFIER\":\"kernel\","
		"\"_TRANSPORT\":\"kernel\",\"_SOURCE_MONOTONIC_TIMESTAMP\":\"12345678\",";
	static const struct {
		const char *rest;
		const char *text;
		bool kernel;
	} cases[] = {
		{ "\"MESSAGE\":\"a\\u0041\\u00e9\\ud83d\\ude00\\\\x2d\"}", "aA\xC3\xA9\xF0\x9F\x98\x80\\x2d",
		  true },
		{ "\"X\":{\"MESSAGE\":\"}\\\"no\"},\"MESSAGE\":[65, 66,255,10]}", "AB\xFF\n", true },
		{ "\"X\":[[\"]\"],null],\"Y\":null,\"Z\":-1.5e3,\"MESSAGE\":\"b\"}", "b", true },
		{ "\"MESSAGE\":\"c\",\"_TRANSPORT\":\"syslog\"}", "c", false },
		{ "\"MESSAGE\":\"d\",\"SYSLOG_FACILITY\":\"1\"}", "d", false },
		{ "\"MESSAGE\":\"e\",\"SYSLOG_IDENTIFIER\":\"app\"}", "e", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct klog_record record;
		char line[1024];

		fresh(state);
		snprintf(line, sizeof(line), "%s%s%s", head, kernel, cases[i].rest);
		assert_true(parse(line, &record));
		assert_string_equal(record.text, cases[i].text);
		assert_int_equal(klog_record_is_kernel(&record), cases[i].kernel);
		assert_int_equal(record.level, 3);
		/* dated by the kernel clock, not by when journald read the record */
		assert_int_equal(record.realtime_usec, 1715266358 * SEC - (20000000 - 12345678));
		assert_int_equal(record.monotonic_usec, 12345678);
	}
}

static void malformed_json_is_not_a_kernel_line(void **state)
{
	static const char *const lines[] = {
		"{",
		"{}",
		"{\"MESSAGE\":\"Killed",
		"{\"MESSAGE\":\"\\u12\"}",
		"{\"MESSAGE\":\"\\q\"}",
		"{\"MESSAGE\" \"x\"}",
		"{\"a\":[[[[\"",
		"{\"log\":\"x\",\"time\":\"never\"}",
		"{\"MESSAGE\":\"no time\",\"_TRANSPORT\":\"kernel\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct klog_record record;

		fresh(state);
		assert_true(parse(lines[i], &record));
		assert_false(klog_record_is_kernel(&record));
		assert_string_equal(record.text, lines[i]);
	}
}

static void line_without_an_envelope_continues_the_previous_one(void **state)
{
	static const struct {
		const char *above, *line;
		const char *identifier;
		int64_t realtime_usec;
	} cases[] = {
		{ "May  9 14:52:38 h kernel: a", "        b", "kernel", 1715266358 * SEC },
		{ "May  9 14:52:38 h app[1]: a", "Killed process 7 (x)", "app", 1715266358 * SEC },
		{ "2024-05-09 14:52:38 ERROR a", "Killed process 7 (x)", "", 1715266358 * SEC },
		{ "[   12.345678] a", "b", NULL, NONE },
		{ "------------[ cut here ]------------", "b", NULL, NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct klog_record record;

		fresh(state);
		assert_true(parse(cases[i].above, &record));
		assert_true(parse(cases[i].line, &record));
		assert_int_equal(record.realtime_usec, cases[i].realtime_usec);
		if (cases[i].identifier == NULL)
			assert_null(record.identifier);
		else
			assert_string_equal(record.identifier, cases[i].identifier);
	}
}

static void empty_line_ends_the_continuation(void **state)
{
	struct klog_record record;

	(void)state;
	assert_true(parse("May  9 14:52:38 h app[1]: a", &record));
	assert_false(parse("", &record));
	assert_true(parse("b", &record));
	assert_null(record.identifier);
	assert_int_equal(record.realtime_usec, NONE);
}

static void journalctl_separators_and_kmsg_dictionaries_are_skipped(void **state)
{
	struct klog_record record;

	(void)state;
	assert_false(parse("-- Boot 0123456789abcdef0123456789abcdef --", &record));
	assert_false(parse("-- Logs begin at Thu 2024-05-09 14:52:38 UTC. --", &record));
	assert_true(parse("6,1,2,-;usb 1-1: new device", &record));
	assert_false(parse(" SUBSYSTEM=usb", &record));
	assert_false(parse(" DEVICE=c189:1", &record));
	assert_true(parse("6,2,3,-;next", &record));
}

static void years_are_inferred_from_the_last_change_of_the_file(void **state)
{
	static const struct {
		const char *written, *line;
		int year, month;
	} cases[] = {
		{ "2025-01-05T00:00:00Z", "Jan  4 23:59:59 h kernel: x", 2025, 1 },
		{ "2025-01-05T00:00:00Z", "Dec 31 23:59:59 h kernel: x", 2024, 12 },
		{ "2025-01-05T00:00:00Z", "Jan 11 23:00:00 h kernel: x", 2025, 1 }, /* within a week */
		{ "2025-01-05T00:00:00Z", "Jan 12 00:01:01 h kernel: x", 2024, 1 },
		{ "2025-03-01T00:00:00Z", "Feb 29 12:00:00 h kernel: x", 2024, 2 },
		{ "2031-03-01T00:00:00Z", "Feb 29 12:00:00 h kernel: x", 2028, 2 },
		{ "2024-12-31T23:59:59Z", "Jan  1 00:00:10 h kernel: x", 2025, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cursor written = { cases[i].written, cases[i].written + 20 };
		struct klog_record record;
		struct klog_date date;
		struct tm tm;
		time_t seconds;

		fresh(state);
		assert_true(klog_date_iso(&written, &date));
		const int64_t usec = klog_date_realtime(&context.clock, &date);
		klog_line_init(&context, usec, usec);
		assert_true(parse(cases[i].line, &record));
		seconds = (time_t)(record.realtime_usec / SEC);
		gmtime_r(&seconds, &tm);
		assert_int_equal(tm.tm_year + 1900, cases[i].year);
		assert_int_equal(tm.tm_mon + 1, cases[i].month);
	}
}

static void repeated_hour_at_the_end_of_summer_time_is_resolved_by_order(void **state)
{
	static const struct {
		const char *line;
		int64_t realtime_sec;
	} cases[] = {
		/* Summer time ends on 2024-10-27 at 01:00 UTC: 02:59:59 CEST is followed by
		 * 02:00:00 CET. */
		{ "Oct 27 02:30:00 h kernel: summer", 1729989000 },
		{ "Oct 27 02:59:59 h kernel: summer", 1729990799 },
		{ "Oct 27 02:00:01 h kernel: winter", 1729990801 },
		{ "Oct 27 02:30:00 h kernel: winter", 1729992600 },
		{ "Oct 27 03:00:00 h kernel: winter", 1729994400 },
	};

	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct klog_record record;

		assert_true(parse(cases[i].line, &record));
		assert_int_equal(record.realtime_usec / SEC, cases[i].realtime_sec);
	}
}

static void month_names_of_many_languages_are_known(void **state)
{
	static const struct {
		const char *word;
		int month;
	} cases[] = {
		{ "January", 1 }, { "janv.", 1 }, { "févr.", 2 }, { "mars", 3 },    { "Mär", 3 },
		{ "März", 3 },    { "avril", 4 }, { "абр", 0 },   { "апр", 4 },     { "mayo", 5 },
		{ "juin", 6 },    { "juil.", 7 }, { "août", 8 },  { "ago", 8 },     { "sept.", 9 },
		{ "sep", 9 },     { "Okt", 10 },  { "ott", 10 },  { "marras", 11 }, { "gru", 12 },
		{ "déc.", 12 },   { "Dez", 12 },  { "12月", 12 }, { "4월", 4 },     { "13月", 0 },
		{ "kernel", 0 },  { "Şub", 2 },   { "ŞUB", 2 },   { "ja", 0 },      { "", 0 },
		{ "Δεκ", 12 },    { "Μαΐ", 5 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (klog_date_month(cases[i].word, strlen(cases[i].word)) != cases[i].month)
			fail_msg("%s is not %d", cases[i].word, cases[i].month);
	}
}

static void dates_that_do_not_exist_have_no_time(void **state)
{
	static const char *const lines[] = {
		"2023-02-29T00:00:00Z h kernel: x",
		"2024-13-01T00:00:00Z h kernel: x",
		"Feb 30 00:00:00 h kernel: x",
		"[Thu Feb 30 00:00:00 2024] x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct klog_record record;

		assert_true(parse(lines[i], &record));
		assert_int_equal(record.realtime_usec, NONE);
	}
}

/* Cuts the examples at random places and changes random bytes: nothing is read beyond the end
 * (AddressSanitizer would report it) and no text gets longer. */
static void arbitrary_bytes_are_parsed_safely(void **state)
{
	static const char *const seeds[] = {
		"<4>1 2024-05-09T14:52:38Z h kernel - - [a b=\"\\\"\"] text",
		("{\"log\":\"<6>[    1.5] "
		 "a\\u00e9\\n\",\"stream\":\"stdout\",\"time\":\"2024-05-09T14:52:38Z\"}"),
		"kern  :warn  : [Thu May  9 14:52:38 2024] text",
		"/var/log/kern.log-3:12:May  9 14:52:38 h kernel: a#012b",
		"2024-05-09T14:52:38,000001+02:00 text",
		"3,890,11876412,-;a\\x0ab",
		"Thu 2024-05-09 14:52:38 CEST h kernel: text",
	};
	uint32_t random = 1;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
		size_t length = strlen(seeds[i]);

		for (int round = 0; round < 4000; round++) {
			char *line = malloc(length); /* of the exact length, without a terminator */
			struct klog_record record;
			size_t cut;

			memcpy(line, seeds[i], length);
			random = random * 1664525 + 1013904223;
			cut = random >> 8 & 1 ? length : (random >> 9) % (length + 1);
			for (int changes = 0; changes < round % 4; changes++) {
				random = random * 1664525 + 1013904223;
				line[(random >> 16) % length] = (char)(random >> 8);
			}
			if (klog_line_parse(&context, line, cut, &record)) {
				assert_true(record.text_length <= length);
				assert_int_equal(strlen(record.text), record.text_length);
			}
			free(line);
		}
	}
}

/* All sequences of up to three parts of an envelope: no part may rely on the one before it. */
static void envelope_parts_are_accepted_in_any_order(void **state)
{
	static const char *const parts[] = {
		"",
		"<3>",
		"<13>1 ",
		"kern.err ",
		"1715266358.123456 ",
		"2024-05-09T14:52:38.5+02:00 ",
		"2024-05-09 14:52:38 CEST ",
		"2024/05/09 14:52:38 ",
		"May  9 14:52:38 ",
		"Thu May  9 14:52:38 2024 ",
		"Thu 2024-05-09 14:52:38 CEST ",
		"14:52:38 ",
		"[   12.000000] ",
		"[Thu May  9 14:52:38 2024] ",
		"[May 9 14:52] ",
		"[  +0.000001] ",
		"3,1,12000000,-;",
		"6.1.0-50-amd64,3,1,12000000,-;",
		"hv1 ",
		"kernel: ",
		"vmunix: ",
		"an app[7]: ",
		"stdout F ",
		"- - - ",
		"{\"log\":\"",
		"192.0.2.1: ",
	};
	struct klog_record record;
	char line[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(parts); j++) {
			for (size_t k = 0; k < ARRAY_SIZE(parts); k++) {
				snprintf(line, sizeof(line), "%s%s%stext", parts[i], parts[j], parts[k]);
				if (parse(line, &record))
					assert_int_equal(strlen(record.text), record.text_length);
			}
		}
	}
}

static void record_length_is_bounded(void **state)
{
	static char line[3 * KLOG_RECORD_MAX];
	struct klog_record record;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "[    1.5] ", 10);
	assert_true(klog_line_parse(&context, line, sizeof(line), &record));
	assert_int_equal(record.text_length, KLOG_RECORD_MAX - 1);
	assert_int_equal(record.text[record.text_length], '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_envelope_is_removed, fresh),
		cmocka_unit_test_setup(only_kernel_lines_are_recognised_as_such, fresh),
		cmocka_unit_test_setup(journal_json_is_read_with_values_of_any_type, fresh),
		cmocka_unit_test_setup(malformed_json_is_not_a_kernel_line, fresh),
		cmocka_unit_test_setup(line_without_an_envelope_continues_the_previous_one, fresh),
		cmocka_unit_test_setup(empty_line_ends_the_continuation, fresh),
		cmocka_unit_test_setup(journalctl_separators_and_kmsg_dictionaries_are_skipped, fresh),
		cmocka_unit_test_setup(years_are_inferred_from_the_last_change_of_the_file, fresh),
		cmocka_unit_test_setup(repeated_hour_at_the_end_of_summer_time_is_resolved_by_order, fresh),
		cmocka_unit_test_setup(month_names_of_many_languages_are_known, fresh),
		cmocka_unit_test_setup(dates_that_do_not_exist_have_no_time, fresh),
		cmocka_unit_test_setup(arbitrary_bytes_are_parsed_safely, fresh),
		cmocka_unit_test_setup(envelope_parts_are_accepted_in_any_order, fresh),
		cmocka_unit_test_setup(record_length_is_bounded, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
