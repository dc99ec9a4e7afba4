/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "klog/journal/journal_view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/boot_id.h"
#include "base/cleanup.h"
#include "base/library.h"
#include "klog/journal/journal_match.h"
#include "klog/source.h"

#define SYMBOL(name) LIBRARY_SYMBOL(struct journal_api, name, "sd_journal_" #name)

static const struct library_symbol symbols[] = {
	SYMBOL(open_files_fd),      SYMBOL(close),        SYMBOL(add_match),      SYMBOL(add_disjunction),
	SYMBOL(flush_matches),      SYMBOL(seek_head),    SYMBOL(seek_tail),      SYMBOL(seek_realtime_usec),
	SYMBOL(seek_cursor),        SYMBOL(get_cursor),   SYMBOL(next),           SYMBOL(previous),
	SYMBOL(get_data),           SYMBOL(restart_data), SYMBOL(enumerate_data), SYMBOL(get_realtime_usec),
	SYMBOL(get_monotonic_usec), SYMBOL(get_usage),
};

int journal_api_load(struct journal_api *api, struct text *reason)
{
	return library_open(&api->library, JOURNAL_SONAME, symbols, ARRAY_SIZE(symbols), api, reason);
}

int journal_view_fail(struct klog_failure *failure, int error)
{
	return klog_fail(failure, error,
			 error == -EBADMSG
				 ? "run journalctl --verify to find the damaged file, and move it away"
				 : NULL,
			 "journal: %s", strerror(-error));
}

static void close_all(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

static int duplicate(const int *fds, size_t count, int *ret)
{
	for (size_t i = 0; i < count; i++) {
		ret[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);
		if (ret[i] < 0) {
			int error = -errno;

			close_all(ret, i);
			return error;
		}
	}
	return 0;
}

/* libsystemd closes the descriptors with the journal, but not if opening it fails. */
int journal_view_open(struct journal_view *view, const struct journal_api *api, const int *fds, size_t count)
{
	AUTO_FREE int *copies = calloc(count, sizeof(*copies));
	sd_journal *journal;
	int r = copies ? duplicate(fds, count, copies) : -ENOMEM;

	if (r < 0)
		return r;
	r = api->open_files_fd(&journal, copies, (unsigned)count, 0);
	if (r < 0) {
		close_all(copies, count);
		return r;
	}
	*view = (struct journal_view){ .api = api, .journal = journal };
	return 0;
}

void journal_view_close(struct journal_view *view)
{
	if (view->journal)
		view->api->close(view->journal);
	view->journal = NULL;
}

void journal_view_match_clear(struct journal_view *view)
{
	view->api->flush_matches(view->journal);
}

/* Terms with the same field are alternatives, terms with different fields are all required. A
 * disjunction starts an alternative to everything before it. */
static int match_term(struct journal_view *view, const char *term)
{
	return view->api->add_match(view->journal, term, 0);
}

static int match_level(struct journal_view *view, int level)
{
	char term[sizeof("PRIORITY=7")];

	snprintf(term, sizeof(term), "PRIORITY=%d", level & 7);
	return match_term(view, term);
}

int journal_view_match_kernel(struct journal_view *view, unsigned levels)
{
	int r = view->api->add_disjunction(view->journal);

	if (r >= 0)
		r = match_term(view, "_TRANSPORT=kernel");
	for (int level = 0; r >= 0 && level < 8; level++)
		if (levels & 1U << level)
			r = match_level(view, level);
	return r;
}

/*
 * Matches by the program's tag, its process name and its unit, or by the message id. Whether an
 * entry really is from the program is decided from its fields (klog_record_is_from()).
 */
int journal_view_match_program(struct journal_view *view, const struct klog_match *match)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < journal_match_program_forms(match); i++) {
		TEXT_ON_STACK(term, 300);

		r = journal_match_program_term(&term, i, match);
		if (r >= 0)
			r = view->api->add_disjunction(view->journal);
		if (r >= 0)
			r = match_term(view, term.data);
		if (r >= 0 && match->level >= 0)
			r = match_level(view, match->level);
	}
	return r;
}

int journal_view_match_boot(struct journal_view *view, const uint8_t id[16])
{
	char digits[BOOT_ID_TEXT_MAX], term[sizeof("_BOOT_ID=") + BOOT_ID_TEXT_MAX];
	int r = view->api->add_disjunction(view->journal);

	boot_id_print(id, digits);
	snprintf(term, sizeof(term), "_BOOT_ID=%s", digits);
	return r < 0 ? r : match_term(view, term);
}

int journal_view_match_losses(struct journal_view *view)
{
	int r = view->api->add_disjunction(view->journal);

	if (r >= 0) /* only journald uses this transport */
		r = match_term(view, "_TRANSPORT=driver");
	if (r >= 0)
		r = match_term(view, JOURNAL_ID_MISSED);
	if (r >= 0)
		r = match_term(view, JOURNAL_ID_DROPPED);
	return r;
}

static const char *skip_name(const void *data, size_t *length)
{
	const char *equals = memchr(data, '=', *length);

	if (!equals)
		return NULL;
	*length -= (size_t)(equals + 1 - (const char *)data);
	return equals + 1;
}

int journal_view_value(const struct journal_view *view, const char *name, const char **ret_value,
		       size_t *ret_length)
{
	const void *data;
	int r = view->api->get_data(view->journal, name, &data, ret_length);

	if (r < 0)
		return r;
	*ret_value = skip_name(data, ret_length);
	return *ret_value ? 0 : -EBADMSG;
}

/* Returns 1 if the current entry has this value in the field, 0 if not, or a negative errno. */
static int has_value(const struct journal_view *view, const char *name, const char *wanted)
{
	const char *value;
	size_t length;
	int r = journal_view_value(view, name, &value, &length);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return length == strlen(wanted) && memcmp(value, wanted, length) == 0;
}

int journal_view_is_kmsg(const struct journal_view *view)
{
	return has_value(view, "_TRANSPORT", "kernel");
}

int journal_view_is_kernel(const struct journal_view *view)
{
	int r = journal_view_is_kmsg(view);

	return r <= 0 ? r : has_value(view, "SYSLOG_FACILITY", "0");
}

int journal_view_times(const struct journal_view *view, struct journal_times *ret)
{
	uint64_t realtime_usec, monotonic_usec;
	sd_id128_t boot_id;
	int r = view->api->get_realtime_usec(view->journal, &realtime_usec);

	if (r >= 0)
		r = view->api->get_monotonic_usec(view->journal, &monotonic_usec, &boot_id);
	if (r < 0)
		return r;
	ret->taken_usec = (int64_t)realtime_usec;
	ret->monotonic_usec = (int64_t)monotonic_usec;
	memcpy(ret->boot_id, boot_id.bytes, sizeof(ret->boot_id));
	return 0;
}

int journal_view_entry(const struct journal_view *view, struct klog_journal_entry *ret)
{
	struct journal_times times;
	const void *data;
	size_t length;
	int r;

	klog_journal_begin(ret, true);
	view->api->restart_data(view->journal);
	while ((r = view->api->enumerate_data(view->journal, &data, &length)) > 0) {
		size_t size = length;
		const char *value = skip_name(data, &size);

		if (value)
			klog_journal_field(ret, data, length - size - 1, value, size);
	}
	if (r >= 0)
		r = journal_view_times(view, &times);
	if (r < 0)
		return r;
	ret->record.has_boot_id = true;
	memcpy(ret->record.boot_id, times.boot_id, sizeof(times.boot_id));
	ret->taken_usec = times.taken_usec;
	ret->taken_monotonic_usec = times.monotonic_usec;
	klog_journal_end(ret);
	return 0;
}

int journal_view_goto(const struct journal_view *view, const char *cursor)
{
	int r = view->api->seek_cursor(view->journal, cursor);

	return r < 0 ? r : view->api->next(view->journal);
}

int journal_view_check(const struct journal_view *view, const int *fds, size_t count)
{
	uint64_t expected_bytes = 0, usage_bytes;

	for (size_t i = 0; i < count; i++) {
		struct stat status;

		if (fstat(fds[i], &status) == 0)
			expected_bytes += (uint64_t)status.st_blocks * 512;
	}
	if (view->api->get_usage(view->journal, &usage_bytes) < 0)
		return -EBADMSG;
	return usage_bytes < expected_bytes ? -EBADMSG : 0;
}
