/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/text/pasted.h"

#include <string.h>

#include "base/array.h"
#include "klog/text/line_format.h"

/* Limits of what is skipped before a line: all tokens, and the words and fields among them. */
#define TOKENS_MAX 12
#define FIELDS_MAX 3

static void decode_entities(char *text, size_t *length)
{
	static const struct {
		const char *name;
		char byte;
	} entities[] = {
		{ "&gt;", '>' },   { "&lt;", '<' },  { "&amp;", '&' },  { "&quot;", '"' },
		{ "&#39;", '\'' }, { "&#34;", '"' }, { "&nbsp;", ' ' },
	};
	size_t kept = 0;

	for (size_t at = 0; at < *length;) {
		size_t taken = 1;
		char byte = text[at];

		for (size_t i = 0; byte == '&' && i < ARRAY_SIZE(entities); i++) {
			const size_t name = strlen(entities[i].name);

			if (*length - at >= name && memcmp(text + at, entities[i].name, name) == 0) {
				byte = entities[i].byte;
				taken = name;
				break;
			}
		}
		text[kept++] = byte;
		at += taken;
	}
	*length = kept;
}

static bool take_mark(struct cursor *c)
{
	static const char *const marks[] = { "**", "__", "```", "`",  "--> ", "-> ", "=> ", ">>> ",
					     "* ", "- ", "+ ",  "• ", "| ",   "# ",  "$ ",  "> ",
					     ">",  "\"", "'",   "…",  "==> ", "(",   "|" };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (cursor_take(c, marks[i]))
			return true;
	}
	return cursor_take_blanks(c);
}

/* "<p>", "</b>", '<span class="x">' */
static bool take_html(struct cursor *c)
{
	const char *end = memchr(c->at, '>', cursor_left(c) < 200 ? cursor_left(c) : 200);
	const char first = cursor_peek(c, 1);

	if (cursor_peek(c, 0) != '<' || end == NULL ||
	    !(first == '/' || (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z')))
		return false;
	c->at = end + 1;
	return true;
}

/* "17: ", "17| ", "17." */
static bool take_line_number(struct cursor *c)
{
	struct cursor after = *c;
	int64_t number;

	if (!cursor_take_digits(&after, 1, 8, &number) || strchr(":|.)\t", cursor_peek(&after, 0)) == NULL ||
	    after.at == after.end)
		return false;
	c->at = after.at + 1;
	return true;
}

/* "hv1 login: ", "root@hv1:~# ", "[root@hv1 ~]# " */
static bool take_prompt(struct cursor *c)
{
	struct cursor word = *c;
	const size_t near = cursor_left(c) < 64 ? cursor_left(c) : 64;

	word.at += cursor_word(&word);
	if (cursor_take(&word, " login: ")) {
		*c = word;
		return true;
	}
	for (size_t i = 0; i + 1 < near; i++) {
		if ((c->at[i] == '$' || c->at[i] == '#') && c->at[i + 1] == ' ') {
			if (memchr(c->at, '@', i) == NULL)
				return false;
			c->at += i + 2;
			return true;
		}
	}
	return false;
}

/* Drops marks at the end that close what was opened before the line. */
static void drop_closing_marks(struct cursor *c)
{
	static const char *const marks[] = { "**", "__", "`", "\"", "'", " ", "\t" };
	bool goes_on = true;

	while (goes_on && c->at < c->end) {
		const char *tag = c->end[-1] == '>' ? memrchr(c->at, '<', cursor_left(c)) : NULL;

		goes_on = tag != NULL && (tag[1] == '/' || tag[1] == 'b');
		if (goes_on)
			c->end = tag;
		for (size_t i = 0; i < ARRAY_SIZE(marks) && !goes_on; i++) {
			const size_t length = strlen(marks[i]);

			goes_on = cursor_left(c) > length && memcmp(c->end - length, marks[i], length) == 0;
			if (goes_on)
				c->end -= length;
		}
	}
}

/* Takes a date or a time of day, also in brackets. */
static bool take_date(struct cursor *c, struct klog_date *ret)
{
	struct klog_date date = { 0 };
	struct cursor inside = *c;

	if (klog_date_iso(c, &date)) {
		*ret = date;
		return true;
	}
	if (klog_date_clock(c, &date))
		return true;
	if (!cursor_take_byte(&inside, '[') ||
	    (!klog_date_iso(&inside, &date) && !klog_date_clock(&inside, &date)) ||
	    !cursor_take_byte(&inside, ']'))
		return false;
	if (date.year != 0)
		*ret = date;
	*c = inside;
	return true;
}

/* Takes one word after a date, such as a host or a stream, or a field up to a comma or semicolon. A
 * level or a tag is not taken: it belongs to an application, and so does the text after it. */
static bool take_field(struct cursor *c)
{
	size_t length = 0;

	while (length < 64 && length < cursor_left(c) && !cursor_is_blank(c->at[length]) &&
	       c->at[length] != ',' && c->at[length] != ';')
		length++;
	if (length == 64 || length == cursor_left(c) || klog_is_level(c->at, length) ||
	    (length > 0 && c->at[length - 1] == ':'))
		return false;
	c->at += length + 1;
	return true;
}

/* The first words of a record in text[from..), or the end if there are none. */
static const char *find_record(struct cursor text, const char *from)
{
	static const char *const words[] = { " invoked oom-killer: ",
					     "oom-kill:constraint=",
					     "Tasks in /",
					     "Out of memory: Killed process ",
					     "Memory cgroup out of memory: Killed process ",
					     "oom_reaper: reaped process " };
	const char *next = text.end;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *at = memmem(from, (size_t)(text.end - from), words[i], strlen(words[i]));

		if (at != NULL && at < next)
			next = at;
	}
	return next;
}

/* Where the second record begins: at its words. (The name of an invoker precedes its words and
 * stays with the first record.) */
static const char *next_record(struct cursor text)
{
	const char *first = find_record(text, text.at);

	return first < text.end ? find_record(text, first + 1) : first;
}

static void cut(struct cursor text, struct klog_pasted *ret)
{
	static const char *const between[] = { "#012", "\\n", "\n", " " };

	ret->count = 0;
	while (text.at < text.end && ret->count < KLOG_PASTED_MAX) {
		struct cursor piece = { text.at, next_record(text) };

		text.at = piece.end;
		for (size_t i = 0; i < ARRAY_SIZE(between) && piece.end < text.end; i++) {
			const size_t length = strlen(between[i]);

			if (cursor_left(&piece) >= length &&
			    memcmp(piece.end - length, between[i], length) == 0) {
				piece.end -= length;
				break;
			}
		}
		ret->pieces[ret->count++] = piece;
	}
}

bool klog_pasted_find(char *text, size_t length, bool has_date, klog_pasted_fn reads, void *data,
		      struct klog_pasted *ret)
{
	unsigned fields = 0;
	struct cursor c;

	*ret = (struct klog_pasted){ .count = 0 };
	decode_entities(text, &length);
	c = (struct cursor){ text, text + length };
	drop_closing_marks(&c);
	for (int tokens = 0; tokens < TOKENS_MAX && c.at < c.end; tokens++) {
		struct cursor first = { c.at, next_record(c) };

		if (reads(first, fields > 0, data)) {
			cut(c, ret);
			return true;
		}
		if (take_mark(&c) || take_html(&c) || take_line_number(&c) || take_prompt(&c))
			continue;
		if (take_date(&c, &ret->date)) {
			has_date = true;
			cursor_take_byte(&c, ',');
			continue;
		}
		/* A date is followed by a host, a stream or the fields of a table. */
		if (!has_date || ++fields > FIELDS_MAX || !take_field(&c))
			return false;
	}
	return false;
}
