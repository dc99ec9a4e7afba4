/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/library.h"
#include "klog/journal/journal_files.h"
#include "klog/journal/journal_proof.h"
#include "klog/journal/journal_walk.h"
#include "klog/source.h"

struct journal_source {
	struct klog_source base;
	bool named;            /* by the caller: not the running system's */
	struct klog_boot boot; /* has_id: the running system's own journal */
	struct journal_api api;
	struct journal_files files;
	struct journal_walk walk;
};

/* Selects the descriptors of the undamaged files that overlap the window. */
static size_t choose_files(const struct journal_files *files, const struct klog_window *window, int *fds)
{
	size_t count = 0;

	for (size_t i = 0; i < files->count; i++)
		if (!files->at[i].damage && journal_file_overlaps(&files->at[i], window))
			fds[count++] = files->at[i].fd;
	return count;
}

/* Marks the files that libsystemd cannot open. Returns their number. */
static size_t mark_unusable(struct journal_source *source, const int *fds, size_t count)
{
	size_t marked = 0;

	for (size_t i = 0; i < count; i++) {
		struct journal_view view;

		if (journal_view_open(&view, &source->api, &fds[i], 1) >= 0) {
			journal_view_close(&view);
			continue;
		}
		for (size_t j = 0; j < source->files.count; j++)
			if (source->files.at[j].fd == fds[i])
				source->files.at[j].damage =
					"damaged, or in a format newer than libsystemd supports";
		marked++;
	}
	return marked;
}

/* If libsystemd cannot open one file, it refuses all of them: leave that file out, and report it at
 * the end. Sets *ret_count; if it is 0, no view is opened. */
static int open_view(struct journal_source *source, const struct klog_window *window,
		     struct journal_view *view, int *fds, size_t *ret_count)
{
	for (;;) {
		size_t count = choose_files(&source->files, window, fds);
		int r;

		*ret_count = count;
		if (count == 0)
			return 0;
		r = journal_view_open(view, &source->api, fds, count);
		if (r >= 0 || r == -ENOMEM || mark_unusable(source, fds, count) == 0)
			return r;
	}
}

static const struct journal_file *damaged_file(const struct journal_files *files,
					       const struct klog_window *window)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->at[i].damage && journal_file_overlaps(&files->at[i], window))
			return &files->at[i];
	return NULL;
}

static int64_t oldest_entry(const struct journal_files *files)
{
	int64_t oldest_usec = KLOG_TIME_UNKNOWN;

	for (size_t i = 0; i < files->count; i++) {
		const struct journal_file *file = &files->at[i];

		if (!file->damage && file->entries > 0 &&
		    (oldest_usec == KLOG_TIME_UNKNOWN || file->oldest_usec < oldest_usec))
			oldest_usec = file->oldest_usec;
	}
	return oldest_usec;
}

/* Returns 1 if the view contains a kernel record, 0 if not, or a negative errno. */
static int view_has_kernel(struct journal_view *view)
{
	int r;

	journal_view_match_clear(view);
	r = journal_view_match_kernel(view, 0);
	if (r >= 0)
		r = view->api->seek_tail(view->journal);
	return r < 0 ? r : view->api->previous(view->journal);
}

/*
 * A journal without any kernel record, in or before the window, never receives them: it belongs to
 * a container, or ReadKMsg=no is set. It would never show a kill, so this is a failure.
 */
static int check_has_kernel(struct journal_source *source, struct klog_failure *failure)
{
	static const struct klog_window whole = { .from_usec = INT64_MIN, .to_usec = INT64_MAX };
	struct journal_walk *walk = &source->walk;
	int r = walk->hits.journal ? view_has_kernel(&walk->hits) : 0;

	if (r == 0) {
		struct journal_view view = { 0 };
		size_t count;

		r = open_view(source, &whole, &view, walk->fds, &count);
		if (r >= 0 && count > 0)
			r = view_has_kernel(&view);
		journal_view_close(&view);
	}
	if (r == 0)
		return klog_fail(failure, -ENODATA,
				 "make journald read the kernel log (ReadKMsg=yes in journald.conf; not "
				 "possible in a container), or use --source=kmsg",
				 "%s: contains no kernel records", source->base.name);
	return r < 0 ? journal_view_fail(failure, r) : 0;
}

/* Returns 1 with the times of the view's oldest entry of this boot, 0 if it has none, or a negative
 * errno. */
static int oldest_of_boot(struct journal_view *view, const struct klog_boot *boot, int64_t *ret_taken_usec,
			  int64_t *ret_boot_usec)
{
	struct journal_times times;
	int r;

	journal_view_match_clear(view);
	r = journal_view_match_boot(view, boot->id);
	if (r >= 0)
		r = view->api->seek_head(view->journal);
	if (r >= 0)
		r = view->api->next(view->journal);
	if (r <= 0)
		return r;
	r = journal_view_times(view, &times);
	if (r < 0)
		return r;
	*ret_taken_usec = times.taken_usec;
	*ret_boot_usec = times.monotonic_usec;
	return 1;
}

/*
 * Finds out since when the journal covers this boot. Its oldest entry does not show that: if
 * Storage= was changed to volatile, old files remain, and the new ones, which are small, may not
 * reach back to the boot.
 */
static void find_boot(struct journal_source *source, const struct klog_window *window)
{
	struct journal_walk *walk = &source->walk;
	struct klog_summary *summary = walk->summary;
	int64_t taken_usec = INT64_MAX, boot_usec = KLOG_TIME_UNKNOWN;
	int r = walk->hits.journal ? oldest_of_boot(&walk->hits, &source->boot, &taken_usec, &boot_usec) : 0;

	/* The files of the window may start after the boot did. */
	if (r >= 0 && taken_usec > window->from_usec) {
		static const struct klog_window whole = { .from_usec = INT64_MIN, .to_usec = INT64_MAX };
		struct journal_view view = { 0 };
		size_t count;

		r = open_view(source, &whole, &view, walk->fds, &count);
		if (r >= 0 && count > 0)
			r = oldest_of_boot(&view, &source->boot, &taken_usec, &boot_usec);
		journal_view_close(&view);
	}
	summary->knows_boot = r >= 0;
	summary->boot_oldest_usec = boot_usec;
}

/* Marks the files from which libsystemd has not returned everything that the walk looks for.
 * Returns 0, or a negative errno with *failure filled. */
static int prove_files(struct journal_source *source, const struct klog_window *window,
		       struct klog_failure *failure)
{
	journal_proof_begin(&source->walk.seen);
	for (size_t i = 0; i < source->files.count; i++) {
		struct journal_file *file = &source->files.at[i];
		int r = file->damage || !journal_file_overlaps(file, window)
				? 0
				: journal_proof_file(file, &source->walk);

		if (r == -EBADMSG)
			file->damage = "damaged: could not be read completely";
		else if (r < 0)
			return klog_fail(failure, r, NULL, "%s: %s", file->path, strerror(-r));
	}
	return 0;
}

static int read_walk(struct journal_source *source, const struct klog_query *query,
		     struct klog_failure *failure)
{
	struct klog_window window = klog_query_window(query);
	struct journal_walk *walk = &source->walk;
	const struct journal_file *damaged;
	int r = open_view(source, &window, &walk->hits, walk->fds, &walk->fd_count);

	if (r < 0)
		return journal_view_fail(failure, r);
	r = walk->fd_count > 0 ? journal_walk(walk) : 0;
	if (r != 0)
		return r;
	if (source->boot.has_id)
		find_boot(source, &window);
	r = prove_files(source, &window, failure);
	if (r < 0)
		return r;
	damaged = damaged_file(&source->files, &window);
	if (damaged)
		return klog_fail(
			failure, -EBADMSG,
			"run journalctl --verify; move the file away if its records cannot be recovered",
			"%s: %s", damaged->path, damaged->damage);
	return walk->summary->yielded_records == 0 ? check_has_kernel(source, failure) : 0;
}

/* Maximum time without an entry in a journal that is still being written. */
#define SILENT_USEC (INT64_C(3600) * 1000000)

/* Whether a journal named by the caller contains nothing of the window: it ended at least
 * SILENT_USEC before the window or began after it. For the system's own journal, find_boot()
 * determines what it covers. */
static bool is_elsewhere(const struct journal_source *source, const struct klog_window *window)
{
	struct klog_window wider = *window;
	bool before = false, behind = false;

	if (wider.from_usec > INT64_MIN + SILENT_USEC)
		wider.from_usec -= SILENT_USEC;
	if (!source->named || journal_files_overlap(&source->files, &wider))
		return false;
	for (size_t i = 0; i < source->files.count; i++) {
		const struct journal_file *file = &source->files.at[i];

		if (file->damage || file->entries == 0)
			continue;
		before |= file->newest_usec < wider.from_usec;
		behind |= file->oldest_usec > wider.to_usec;
	}
	return !(before && behind);
}

static int load_failed(struct klog_failure *failure, int error, const char *reason)
{
	return klog_fail(failure, -ELIBACC,
			 error == -ELIBACC ? "check memory limit, open-file limit and permissions of the "
					     "library, or use --source=kmsg"
					   : "install libsystemd (libsystemd0, systemd-libs), or use "
					     "--source=kmsg",
			 "journal: %s", reason);
}

/*
 * Loads libsystemd. If it cannot be loaded and all files of the system's own journal end before the
 * window, nothing is missed. Returns 1 in that case, 0, or a negative errno with *failure filled.
 */
static int load(struct journal_source *source, const struct klog_query *query, struct klog_failure *failure)
{
	const struct klog_window window = klog_query_window(query);
	TEXT_ON_STACK(reason, 256);
	int r = source->api.library ? 0 : journal_api_load(&source->api, &reason);

	if (r < 0 && !source->named && !journal_files_overlap(&source->files, &window))
		return 1;
	return r < 0 ? load_failed(failure, r, reason.data) : 0;
}

static int journal_read(struct klog_source *base, const struct klog_query *query, klog_record_fn record_fn,
			void *data, struct klog_summary *summary, struct klog_failure *failure)
{
	struct journal_source *source = (struct journal_source *)base;
	struct klog_query exact = *query;
	AUTO_FREE int *fds = calloc(source->files.count, sizeof(*fds));
	int r = load(source, query, failure);

	if (r != 0)
		return r > 0 ? 0 : r;
	exact.filter = NULL; /* the context may be outside the window, hits may not */
	source->walk = (struct journal_walk){
		.filter = query->filter,
		.named = source->named,
		.window = klog_query_window(&exact),
		.record_fn = record_fn,
		.data = data,
		.summary = summary,
		.failure = failure,
		.fds = fds,
	};
	summary->oldest_usec = oldest_entry(&source->files);
	summary->not_in_window = is_elsewhere(source, &source->walk.window);
	r = fds ? read_walk(source, query, failure) : journal_view_fail(failure, -ENOMEM);
	journal_walk_close(&source->walk);
	return r;
}

static void journal_close(struct klog_source *base)
{
	struct journal_source *source = (struct journal_source *)base;

	journal_files_close(&source->files);
	library_close(source->api.library);
	free(source);
}

int klog_journal_open(struct klog_source **ret, const char *path, const struct file_roots *roots,
		      struct klog_failure *failure)
{
	struct journal_source *source = calloc(1, sizeof(*source));
	int r;

	if (!source)
		return klog_fail(failure, -ENOMEM, NULL, "journal: %s", strerror(ENOMEM));
	source->base.kind = KLOG_JOURNAL;
	source->base.read = journal_read;
	source->base.close = journal_close;
	snprintf(source->base.name, sizeof(source->base.name), "journal%s%s", path ? ":" : "",
		 path ? path : "");
	source->named = path != NULL;
	if (!path)
		klog_boot_read(&source->boot, roots);
	r = journal_files_open(&source->files, path, roots, failure);
	if (r < 0) {
		journal_close(&source->base);
		return r;
	}
	*ret = &source->base;
	return 0;
}
